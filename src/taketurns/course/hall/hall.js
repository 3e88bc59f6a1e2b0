// The hall: time that goes by, the controls, and the rooms that follow them. room.js stands before it.

const TELL = 250; // milliseconds between two times that the kernel is told while it plays

// --- time ---

/** Let time go by in one model, however many views it has: each is called with the time. */
function makePlayer(model) {
  const end = model.get("_plan").end, views = new Set();
  let now = model.get("time"), mine = false, told = 0, before = 0, frame = 0, later = 0;
  const show = (settled) => views.forEach((view) => view(now, settled));

  function tell() {
    clearTimeout(later);
    later = 0;
    told = performance.now();
    mine = true;
    model.set("time", now);
    mine = false;
    model.save_changes();
  }

  function step(moment) {
    now = Math.min(end, now + (Math.min(moment - before, 100) / 1000) * model.get("speed"));
    before = moment;
    show(false);
    if (now >= end) return play(false);
    if (moment - told > TELL) tell();
    frame = requestAnimationFrame(step);
  }

  function play(on) {
    if (on && now >= end) now = 0;
    model.set("playing", on);
    if (!on) show(true);
    tell();
  }

  function follow() {
    cancelAnimationFrame(frame);
    if (!model.get("playing")) return;
    before = performance.now();
    frame = requestAnimationFrame(step);
  }

  /** Go to a time; while a slider moves, the kernel is told now and then. */
  function go(time) {
    now = Math.min(Math.max(time, 0), end);
    show(true);
    later ||= setTimeout(tell, TELL);
  }

  function jump() {
    if (mine) return;
    now = model.get("time");
    show(true);
  }

  model.on("change:time", jump);
  model.on("change:playing", follow);
  follow();
  const stop = () => {
    cancelAnimationFrame(frame);
    clearTimeout(later);
    model.off("change:time", jump);
    model.off("change:playing", follow);
  };
  return { views, go, play, stop, now: () => now };
}

// --- the controls ---

const CONTROLS = `<div class="controls">
  <button class="start" aria-label="back to the start">|◀ start</button><button class="back">−1 min</button>
  <button class="play"></button><button class="on">+1 min</button>
  <label>speed <select></select></label>
  <label class="time">simulated time <input type="range" min="0"><output aria-live="off"></output></label></div>`;

function makeControls(model, player) {
  const holder = document.createElement("div"), { end, speeds } = model.get("_plan");
  holder.innerHTML = CONTROLS;
  const element = holder.firstElementChild, find = (name) => element.querySelector(name);
  const [playing, speed, range, said] = [".play", "select", "input", "output"].map(find);
  const words = (seconds) => (seconds < 60 ? `${seconds} s` : `${seconds / 60} min`);
  for (const one of speeds) speed.add(new Option(`1 s is ${words(one)}`, one));
  Object.assign(range, { max: end, step: end < 60 ? "any" : 1 });

  const actions = { start: () => 0, back: () => player.now() - 60, on: () => player.now() + 60 };
  for (const [name, time] of Object.entries(actions)) find(`.${name}`).onclick = () => player.go(time());
  playing.onclick = () => player.play(!model.get("playing"));
  range.oninput = () => player.go(Number(range.value));
  speed.onchange = () => (model.set("speed", Number(speed.value)), model.save_changes());

  function follow() {
    put(playing, model.get("playing") ? "❚❚ pause" : "▶ play");
    speed.value = model.get("speed");
  }
  function show(now) {
    range.value = now;
    put(said, clock(now));
    range.setAttribute("aria-valuetext", clock(now));
  }
  return { element, follow, show };
}

export default () => {
  let player;
  return {
    initialize({ model }) {
      player = makePlayer(model);
      return player.stop;
    },
    render({ model, el }) {
      const plan = model.get("_plan"), pictures = model.get("_pictures"), controls = makeControls(model, player);
      const rooms = plan.rooms.map((room, place) =>
        makeRoom(plan, room, pictures[place], (number) => (large.open(place, number), describe())));
      const large = makeLarge(plan, rooms), row = document.createElement("div");
      const told = document.createElement("p"); // what a screen reader says of it
      told.className = "told";
      row.className = "rooms";
      row.append(...rooms.map((room) => room.element));
      el.classList.add("taketurns-hall");
      el.append(controls.element, row, large.element, told);
      el.addEventListener("focusin", ({ target }) => {
        // Arrow keys are the slider's, and Enter is what Tab has led to. All other keys are left to JupyterLab.
        target.toggleAttribute("data-lm-suppress-shortcuts", target.matches("input, select, :focus-visible"));
      });

      const describe = () => put(told, [...rooms, large].map((part) => part.describe()).join(" "));
      const show = (now, settled) => {
        for (const part of [controls, ...rooms, large]) part.show(now);
        if (settled) describe();
      };
      const follow = () => {
        controls.follow();
        if (model.get("playing")) put(told, "Time goes by."); // it is told again when it stands still
        el.style.setProperty("--walk", `${Math.min(0.3, 3 / model.get("speed"))}s`);
      };
      for (const name of ["change:playing", "change:speed"]) model.on(name, follow);
      follow();
      show(player.now(), true);
      told.ariaLive = "polite"; // from now on
      player.views.add(show);
      return () => {
        player.views.delete(show);
        for (const name of ["change:playing", "change:speed"]) model.off(name, follow);
      };
    },
  };
};
