// A range input of the browser: it has a name, and can be moved by keys.
function render({ model, el }) {
  const [label, name, input, chosen] = ["label", "span", "input", "output"].map((tag) => document.createElement(tag));
  label.className = "taketurns-slider";
  input.dataset.lmSuppressShortcuts = "true"; // the arrow keys are not those of JupyterLab
  name.textContent = model.get("name");
  Object.assign(input, { type: "range", min: 0, max: model.get("texts").length - 1, ariaLabel: model.get("name") });
  const show = () => {
    input.value = model.get("index");
    chosen.textContent = input.ariaValueText = model.get("texts")[model.get("index")];
  };
  input.addEventListener("input", () => {
    model.set("index", Number(input.value));
    show();
    if (model.get("continuous")) model.save_changes();
  });
  input.addEventListener("change", () => model.save_changes());
  model.on("change:index", show);
  label.append(name, input, chosen);
  el.append(label);
  show();
}

export default { render };
