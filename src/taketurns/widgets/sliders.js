// Sliders, and beneath them what they choose: a kernel draws it, or it was drawn beforehand, one slider moved at a time.

/** Give a slider: a range input of the browser, which has a name and is moved by keys. */
function makeSlider({ name, texts }) {
  const [element, words, input, chosen] = ["label", "span", "input", "output"].map((tag) => document.createElement(tag));
  Object.assign(input, { type: "range", min: 0, max: texts.length - 1, ariaLabel: name });
  input.dataset.lmSuppressShortcuts = "true"; // the arrow keys are not those of JupyterLab
  chosen.ariaLive = "off"; // the slider says its value itself
  words.textContent = name;
  element.append(words, input, chosen);
  const tell = () => (chosen.textContent = input.ariaValueText = texts[input.value]);
  return { element, input, tell };
}

function render({ model, el }) {
  const frames = model.get("_frames"), sliders = model.get("_sliders").map(makeSlider);
  const picture = document.createElement("div"), note = document.createElement("p");

  function show() {
    sliders.forEach(({ input, tell }, number) => {
      input.value = model.get("places")[number];
      tell();
    });
  }
  const draw = () => (picture.innerHTML = model.get("picture"));

  function move(slider) {
    const place = Number(sliders[slider].input.value);
    model.set("places", (frames.start ?? model.get("places")).with(slider, place));
    if (frames.start) model.set("picture", frames.shown[slider][place].map((part) => frames.parts[part]).join(""));
    model.save_changes();
  }

  sliders.forEach(({ input, tell }, number) => {
    input.addEventListener("input", tell);
    input.addEventListener(frames.start ? "input" : "change", () => move(number)); // a kernel is not asked on the way
  });
  note.textContent = frames.start && sliders.length > 1
    ? "Without a kernel one slider is moved at a time, and the others go back." : "";
  el.classList.add("taketurns-sliders");
  el.append(...sliders.map(({ element }) => element), note, picture);
  show();
  draw();
  picture.ariaLive = "polite"; // from now on
  model.on("change:places", show);
  model.on("change:picture", draw);
  return () => {
    model.off("change:places", show);
    model.off("change:picture", draw);
  };
}

export default { render };
