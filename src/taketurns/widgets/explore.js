// The explorer: its controls, and what they do. lanes.js, words.js and scene.js stand before it in one module.

const NOTHING = ["No span is chosen.", "Click one, or press Shift and an arrow key in the lanes."];
const NEAR = 4; // pixels by which a pointer may miss a span, or move without dragging

const HTML = `<div class="head"><span class="label"></span><span class="numbers"></span></div>
  <div class="remarks"></div>
  <div class="controls"><button class="in" aria-label="zoom in">+</button>
    <button class="out" aria-label="zoom out">−</button><button class="whole">whole</button>
    <button class="previous">previous span</button><button class="next">next span</button>
    <label>task <input type="search" placeholder="Enter: next match"></label><output></output></div>
  <div class="stage"><canvas class="lanes" tabindex="0" role="application"></canvas>
    <div class="scroll" tabindex="0" role="group" aria-label="scroll the lanes"><div></div></div>
    <div class="tip" aria-hidden="true" hidden></div></div>
  <ul class="legend" aria-label="legend"></ul>
  <div class="said" role="status"></div>
  <details><summary>Keys</summary><p>In the lanes: <kbd>+</kbd> and <kbd>−</kbd> zoom, the arrow keys move, <kbd>Page
    Up</kbd> and <kbd>Page Down</kbd> go through the lanes, <kbd>Home</kbd> shows all. <kbd>Shift</kbd> with an arrow
    key goes from span to span and from lane to lane, <kbd>Enter</kbd> zooms to it, <kbd>Escape</kbd> lets go of it.
    With the mouse: drag, choose by a click, and zoom by <kbd>Ctrl</kbd> and the wheel.</p></details>`;

/** Give what calls a function once before the next frame, however often it is asked to. */
function later(call) {
  let asked = 0;
  const ask = () => (asked ||= requestAnimationFrame(() => ((asked = 0), call())));
  ask.cancel = () => cancelAnimationFrame(asked);
  return ask;
}

// --- the explorer ---

/** Give a scene: all that is seen now. It reads what the model holds when it is asked to. */
function makeScene(model) {
  const scene = { view: makeView(), chosen: -1, marked: -1, left: 60, right: RIGHT };
  scene.read = () => {
    const { about, spans, chosen } = scene, marked = about?.tasks[scene.marked];
    const task = about?.tasks[spans.lane[chosen]], time = spans?.start[chosen];
    scene.about = model.get("_about");
    scene.spans = readSpans(scene.about, model.get("_spans"));
    // While it is recorded, more comes in between, and a name may get a number.
    scene.marked = scene.about.tasks.indexOf(marked);
    const lane = scene.about.tasks.indexOf(task);
    scene.chosen = lane < 0 ? -1 : spanAt(scene.spans, lane, time, Infinity);
  };
  scene.laneAt = (y) => {
    const lane = Math.floor((y - HEAD + scene.view.top) / scene.view.lane);
    return y >= HEAD && y < HEAD + scene.view.height && lane < scene.view.lanes ? lane : -1;
  };
  /** Give the span at a place on the canvas, or −1; at a name, the first one in view. */
  scene.at = (x, y) => {
    const { view, spans, left } = scene, lane = scene.laneAt(y);
    if (lane < 0) return -1;
    if (x < left) return spanAt(spans, lane, Math.max(view.from, 0), Infinity);
    return spanAt(spans, lane, view.from + (x - left) / view.scale, NEAR / view.scale);
  };
  /** Give the span that is so many spans, or lanes, away from the chosen one; the first in view where none is. */
  scene.step = (along, down) => {
    const { spans, view, chosen } = scene;
    if (chosen < 0) return scene.at(0, HEAD + view.lane - 1);
    const lane = spans.lane[chosen];
    if (along) return within(chosen + along, spans.first[lane], spans.first[lane + 1] - 1);
    const time = within((spans.start[chosen] + spans.end[chosen]) / 2, view.from, view.to);
    return spanAt(spans, within(lane + down, 0, view.lanes - 1), time, Infinity);
  };
  return scene;
}

/** Give what looks for tasks: `find(words, way)` gives the lane of the next match, and says the how manieth it is. */
function makeSearch(scene, output) {
  return (words, way) => {
    const wanted = words.trim().toLowerCase(), found = [];
    if (wanted) scene.about.tasks.forEach((task, lane) => task.toLowerCase().includes(wanted) && found.push(lane));
    if (!found.length) {
      put(output, wanted ? "no match" : "");
      return -1;
    }
    const next = way > 0 ? found.find((lane) => lane > scene.marked) : found.findLast((lane) => lane < scene.marked);
    const lane = next ?? found.at(way > 0 ? 0 : -1);
    put(output, `${found.indexOf(lane) + 1} of ${found.length}`);
    return lane;
  };
}

/** Listen to the mouse and to fingers: drag, click, hover, pinch, and the wheel with Ctrl. */
function point(canvas, { view, at, left }, { draw, choose, hover }) {
  const down = new Map(); // where each pointer is that is pressed
  let moved = 0;
  const place = ({ clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    return [clientX - box.left, clientY - box.top];
  };
  const apart = () => {
    const [[one], [other]] = [...down.values()];
    return [Math.max(Math.abs(one - other), 1), (one + other) / 2];
  };

  function move(event) {
    const [x, y] = place(event), before = down.get(event.pointerId);
    if (!before) return hover(x, y);
    const pinched = down.size > 1 ? apart() : null;
    down.set(event.pointerId, [x, y]);
    moved += Math.abs(x - before[0]) + Math.abs(y - before[1]);
    if (pinched) view.zoom(pinched[0] / apart()[0], pinched[1] - left());
    else if (moved > NEAR) view.pan(before[0] - x), view.scroll(before[1] - y);
    hover(-1, -1);
    draw();
  }
  function press(event) {
    if (event.button) return;
    if (!down.size) moved = 0;
    down.set(event.pointerId, place(event));
    canvas.setPointerCapture(event.pointerId);
  }
  function release(event) {
    if (!down.delete(event.pointerId) || event.type !== "pointerup" || moved > NEAR) return;
    choose(at(...place(event)));
  }
  function wheel(event) {
    if (!event.ctrlKey) return; // without it, it scrolls the page
    event.preventDefault();
    view.zoom(1.0015 ** within(event.deltaY * (event.deltaMode ? 16 : 1), -300, 300), place(event)[0] - left());
    draw();
  }
  Object.assign(canvas, { onpointermove: move, onpointerdown: press, onpointerup: release, onpointercancel: release });
  canvas.onpointerleave = () => hover(-1, -1);
  canvas.addEventListener("wheel", wheel, { passive: false });
}

/** Give what shows beside the pointer what is there. */
function makeTip(tip, canvas, scene) {
  return (x, y) => {
    const i = scene.at(x, y);
    tip.hidden = i < 0;
    if (i < 0) return;
    putLines(tip, tell(scene.about, scene.spans, i));
    const below = y < scene.view.height / 2;
    tip.style.left = `${within(x + 12, 0, Math.max(canvas.clientWidth - tip.offsetWidth, 0))}px`;
    tip.style.top = `${below ? y + 18 : y - 12 - tip.offsetHeight}px`;
  };
}

/** Give what the buttons do, and the keys in the lanes. */
function makeActions(scene, { draw, choose }) {
  const { view } = scene, act = (change) => () => (change(), draw());
  const step = (along, down) => () => choose(scene.step(along, down));
  const buttons = {
    in: act(() => view.zoom(1 / 1.5)), out: act(() => view.zoom(1.5)), whole: act(view.whole),
    previous: step(-1, 0), next: step(1, 0),
  };
  const toChosen = () => {
    const { chosen, spans } = scene, [start, end] = [spans.start[chosen], spans.end[chosen]];
    const beside = Math.max(end - start, FINEST) / 4;
    if (chosen >= 0) view.show(start - beside, end + beside);
  };
  const keys = {
    "+": buttons.in, "=": buttons.in, "-": buttons.out, "−": buttons.out, Home: buttons.whole,
    ArrowLeft: act(() => view.pan(-view.width / 10)), ArrowRight: act(() => view.pan(view.width / 10)),
    ArrowUp: act(() => view.scroll(-view.lane)), ArrowDown: act(() => view.scroll(view.lane)),
    PageUp: act(() => view.scroll(-view.height)), PageDown: act(() => view.scroll(view.height)),
    "Shift ArrowLeft": step(-1, 0), "Shift ArrowRight": step(1, 0),
    "Shift ArrowUp": step(0, -1), "Shift ArrowDown": step(0, 1),
    Enter: act(toChosen), Escape: () => choose(-1, -1),
  };
  return { buttons, keys };
}

/** Have keys do something; all other keys, and those with Ctrl, are left alone. */
function listen(canvas, keys) {
  canvas.onkeydown = (event) => {
    const action = (event.shiftKey && keys[`Shift ${event.key}`]) || keys[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
}

function render({ model, el }) {
  el.classList.add("taketurns-explore");
  el.innerHTML = HTML;
  const find = (name) => el.querySelector(name);
  const [canvas, scroll, input] = ["canvas", ".scroll", "input"].map(find);
  for (const each of [canvas, input, scroll]) each.dataset.lmSuppressShortcuts = "true"; // keys are not JupyterLab's
  const scene = makeScene(model), { view } = scene, painter = makePainter(canvas, el);
  const look = makeSearch(scene, find("output")), hover = makeTip(find(".tip"), canvas, scene);
  let explained = []; // what the legend is of
  const draw = later(() => {
    painter.paint(scene);
    if (scroll.scrollTop !== Math.round(view.top)) scroll.scrollTop = view.top;
    const looks = painter.looks();
    if (explained[0] === looks && explained[1] === scene.about) return;
    explained = [looks, scene.about];
    find(".legend").replaceChildren(...legendOf(...explained));
  });

  /** Take over how wide the page is. */
  function fit() {
    const { about } = scene, width = find(".stage").clientWidth, count = about.tasks.length;
    const longest = Math.min(about.tasks.reduce((most, task) => Math.max(most, task.length), 0), 26);
    scroll.hidden = count * laneOf(count) <= TALLEST;
    scene.right = about.caps.length ? CAPS : RIGHT;
    scene.left = Math.round(Math.min(24 + 7.5 * longest, 0.3 * width)); // whole pixels
    view.fit(count, about.duration, Math.max(width - scene.left - scene.right - (scroll.hidden ? 0 : BAR), 40));
    scroll.style.height = `${HEAD + view.height}px`;
    scroll.firstElementChild.style.height = `${HEAD + count * view.lane}px`;
    draw();
  }

  /** Take over what the model holds. */
  function read() {
    scene.read();
    const { about } = scene, cut = about.cutShort ? [`Cut short: ${about.cutShort}`] : [];
    put(find(".label"), about.label);
    put(find(".numbers"), about.numbers);
    putLines(find(".remarks"), [...(about.isOn ? ["Still being recorded."] : []), ...cut, ...about.remarks]);
    canvas.setAttribute("aria-label", `${about.alt} Lanes to explore by keys.`);
    fit();
  }

  /** Choose a span, or none (−1), and mark a lane. */
  function choose(i, marks = scene.marked) {
    Object.assign(scene, { chosen: i, marked: marks });
    if (i >= 0) view.reveal(scene.spans.lane[i], scene.spans.start[i], scene.spans.end[i]);
    putLines(find(".said"), i < 0 ? NOTHING : tell(scene.about, scene.spans, i));
    draw();
  }

  /** Go to the next task that is looked for: to what it does in view, or else to its begin. */
  function seek(way) {
    const lane = look(input.value, way), { spans } = scene;
    if (lane < 0) return choose(-1, -1);
    const near = spanAt(spans, lane, Math.max(view.from, 0), Infinity);
    choose(spans.start[near] > view.to || spans.end[near] < view.from ? spans.first[lane] : near, lane);
  }

  const { buttons, keys } = makeActions(scene, { draw, choose });
  for (const [name, action] of Object.entries(buttons)) find(`.${name}`).onclick = action;
  listen(canvas, keys);
  listen(input, { Enter: () => seek(1), "Shift Enter": () => seek(-1) });
  point(canvas, { view, at: scene.at, left: () => scene.left }, { draw, choose, hover });
  scroll.onscroll = () => {
    if (Math.abs(scroll.scrollTop - view.top) >= 1) view.scroll(scroll.scrollTop - view.top), draw();
  };

  putLines(find(".said"), NOTHING);
  read();
  const sized = new ResizeObserver(fit), readLater = later(read), names = ["change:_about", "change:_spans"];
  sized.observe(find(".stage"));
  el.addEventListener("transitionend", draw); // the theme has changed
  for (const name of names) model.on(name, readLater);
  return () => {
    sized.disconnect();
    el.removeEventListener("transitionend", draw);
    for (const name of names) model.off(name, readLater);
    draw.cancel();
    readLater.cancel();
  };
}

export default { render };
