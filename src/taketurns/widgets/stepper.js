// A walk through the steps of an event loop. stepper.py has drawn how the first one looks; this puts others into it.

const CONTROLS = `<div class="controls"><button class="back">◀ back</button><button class="forward">forward ▶</button>
  <label>step <input type="range" aria-label="step"></label></div><p class="note"></p>`;
const MARKED = "#cfe2f6"; // the line at which the running task goes on

function render({ model, el }) {
  el.classList.add("taketurns-stepper");
  el.innerHTML = CONTROLS + model.get("_page");
  const find = (name) => el.querySelector(name), program = model.get("_program"), total = model.get("_total");
  const [range, title, said, sheet, image] = ["input", ".title", ".said", ".sheet", "img"].map(find);
  const rows = el.querySelectorAll("dd"), code = find("pre").children, count = (number) => number.toLocaleString("en");
  const told = () => model.get("_told"), alone = model.get("_alone");
  range.min = alone ? told().first : 1;
  range.max = alone ? told().first + told().steps.length - 1 : total;
  const [first, last] = [Number(range.min), Number(range.max)];
  if (last - first + 1 < total) find(".note").textContent = `Without a kernel, there are steps ${count(first)} to ${count(last)}.`;

  function show() {
    const step = model.get("step"), shown = told().steps[step - told().first];
    range.value = step;
    if (!shown) return; // the kernel will tell of it
    const standing = new Map(shown.lines.map(([number, tasks, runs]) => [number, { tasks, runs }]));
    title.textContent = `Step ${count(step)} of ${count(total)}`;
    range.ariaValueText = `${count(step)} of ${count(total)}`;
    shown.rows.forEach((text, number) => (rows[number].textContent = text));
    program.forEach((text, number) => {
      const { tasks, runs } = standing.get(number) ?? {};
      code[number].textContent = tasks ? `${text}  ← ${tasks}` : text.trimEnd() || " ";
      code[number].style.background = runs ? MARKED : "";
    });
    sheet.style.left = shown.left;
    image.alt = shown.alt;
  }

  function go(step) {
    model.set("step", Math.min(Math.max(step, first), last));
    model.save_changes();
  }

  find(".back").onclick = () => go(model.get("step") - 1);
  find(".forward").onclick = () => go(model.get("step") + 1);
  range.oninput = () => go(Number(range.value));
  // Arrow keys are the slider's, and Enter is what Tab has led to. All other keys are left to JupyterLab.
  el.addEventListener("focusin", ({ target }) =>
    target.toggleAttribute("data-lm-suppress-shortcuts", target.matches("input, :focus-visible")));
  show();
  said.ariaLive = "polite"; // from now on
  said.ariaAtomic = "true";
  for (const name of ["change:step", "change:_told"]) model.on(name, show);
  return () => {
    for (const name of ["change:step", "change:_told"]) model.off(name, show);
  };
}

export default { render };
