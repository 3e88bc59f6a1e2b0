// What is in view of the lanes, and how it is painted.
// lanes.js and words.js stand before it, and explore.js behind, in the one module that a page gets.

const FOOT = 40, RIGHT = 14, CAPS = 140, HEAD = 6; // pixels beside the lanes: the time axis, and room at the edges
const BAR = 17; // pixels of a bar to scroll
const TALLEST = 432; // pixels of all lanes that are seen at once
const FINEST = 2e-8; // seconds in view, at the least

const within = (value, low, high) => Math.max(low, Math.min(value, high));

// --- what is in view ---

/** Give the height of one of so many lanes, in pixels. */
const laneOf = (count) => (count > 8 ? 24 : 32);

/** Give the times and lanes in view, and how one moves among them. */
function makeView() {
  const view = { from: 0, to: 1, top: 0, width: 1, height: 1, scale: 1, lane: 24, duration: 1, lanes: 0 };
  const set = (from, to) => {
    const wide = within(to - from, Math.min(FINEST, view.duration), view.duration * 1.02);
    view.from = within(from, -0.01 * view.duration, 1.01 * view.duration - wide);
    view.to = view.from + wide;
    view.scale = view.width / wide;
  };
  const isWhole = () => view.to - view.from >= view.duration * 1.0199;
  view.whole = () => set(-0.01 * view.duration, 1.01 * view.duration);
  view.zoom = (factor, x = view.width / 2) => {
    const at = view.from + x / view.scale;
    set(at - (at - view.from) * factor, at + (view.to - at) * factor);
  };
  view.pan = (x) => set(view.from + x / view.scale, view.to + x / view.scale);
  view.scroll = (y) => (view.top = within(view.top + y, 0, Math.max(view.lanes * view.lane - view.height, 0)));
  view.show = (from, to) => set(from, to);
  /** Take over how many lanes there are, how long it takes, and how wide it is drawn: what was in view stays so. */
  view.fit = (lanes, duration, width) => {
    const all = !view.lanes || isWhole(), atEnd = view.to >= view.duration, wide = view.to - view.from;
    Object.assign(view, { lanes, duration: duration || 1e-6, width, lane: laneOf(lanes) });
    view.height = Math.min(Math.max(lanes, 1) * view.lane, TALLEST);
    if (all) view.whole();
    else set(atEnd ? 1.01 * view.duration - wide : view.from, atEnd ? 1.01 * view.duration : view.from + wide);
    view.scroll(0);
  };
  view.middle = (lane) => HEAD + (lane + 0.5) * view.lane - view.top;
  /** Bring a span into view: its lane, and its time where none of it is seen. */
  view.reveal = (lane, start, end) => {
    const above = lane * view.lane - view.top, below = above + view.lane - view.height;
    view.scroll(Math.min(above, 0) + Math.max(below, 0));
    if (end < view.from || start > view.to) view.pan((start - view.from) * view.scale - view.width / 4);
  };
  return view;
}

// --- how it is painted ---

/** Give what paints the lanes in view into a canvas: `paint(scene)`. */
function makePainter(canvas, root) {
  const context = canvas.getContext("2d");
  let looks = [], known = "", image = null;

  /** Take over the colors of the theme; the looks are made anew where they, or the ground, have changed. */
  function theme(about, ratio) {
    const style = getComputedStyle(root), ground = numbersOf(style.backgroundColor);
    const key = JSON.stringify([ground, ratio, about.looks]);
    if (key !== known) looks = about.looks.map((look) => painted(context, look, ground, ratio));
    known = key;
    return { ink: style.color, ground: style.backgroundColor, font: style.fontFamily };
  }

  function names({ about, spans, view, left, marked, chosen: i }, lanes, { ink, font }) {
    const chosenLane = i < 0 ? -1 : spans.lane[i];
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const lane of lanes) {
      const bold = lane === marked || lane === chosenLane;
      context.font = `${bold ? "bold " : ""}13px ${font}`;
      context.fillStyle = ink;
      const room = left - 16, name = shorten(about.tasks[lane], 40), wide = context.measureText(name).width;
      const shown = wide > room ? shorten(name, Math.floor(([...name].length * room) / wide) - 1) : name;
      context.fillText(shown, left - 8, view.middle(lane));
      if (lane === marked) context.fillRect(left - 5, view.middle(lane) - view.lane / 2 + 2, 3, view.lane - 4);
    }
  }

  function bars({ about, spans, view, left }, lanes, { font }, ratio) {
    if (!image?.fits(view, ratio)) image = makeImage(view, ratio);
    image.clear();
    const found = looks.map(() => []);
    const order = [...looks.keys()].sort((one, other) => looks[one].layer - looks[other].layer);
    for (const lane of lanes) collect(spans, looks, lane, view, image, found);
    context.putImageData(image.data, Math.round(left * ratio), HEAD * ratio);
    context.translate(left, HEAD);
    for (const look of order) {
      const rects = found[look];
      context.fillStyle = looks[look].fill;
      for (let i = 0; i < rects.length; i += 4) context.fillRect(rects[i], rects[i + 1], rects[i + 2], rects[i + 3]);
    }
    captions(about, spans, view, found, font);
    context.translate(-left, -HEAD);
  }

  /** Write what waits are for into those of the bars that have room for it. */
  function captions(about, spans, view, found, font) {
    context.font = `11px ${font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 3;
    found.forEach((rects, look) => {
      for (let i = 0; i < rects.length; i += 4) {
        const from = Math.max(rects[i], 0), wide = Math.min(rects[i] + rects[i + 2], view.width) - from;
        const middle = rects[i + 1] + rects[i + 3] / 2;
        if (wide < 30 || rects[i + 3] < 10) continue;
        const lane = Math.floor((middle + view.top) / view.lane), time = view.from + (from + wide / 2) / view.scale;
        const span = spanAt(spans, lane, time, 0);
        const fits = (phrase) => context.measureText(phrase).width < wide - 6;
        const phrase = span < 0 ? undefined : about.kinds[spans.kind[span]][5].find(fits);
        if (phrase === undefined) continue;
        context.strokeStyle = looks[look].color;
        if (looks[look].pattern) context.strokeText(phrase, from + wide / 2, middle);
        context.fillStyle = looks[look].pattern ? "#fff" : "#222";
        context.fillText(phrase, from + wide / 2, middle);
      }
    });
  }

  /** Write behind lanes how their tasks ended, if they did not simply return. */
  function caps({ about, view, left }, lanes, { ground, font }) {
    context.font = `13px ${font}`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    for (const [lane, at, text, color] of about.caps) {
      if (lane < lanes[0] || lane > lanes.at(-1) || at < view.from || at > view.to) continue;
      context.fillStyle = `rgb(${seenOn(numbersOf(ground), hex(color), 4.6).join(" ")})`;
      context.fillText(text, left + (at - view.from) * view.scale + 5, view.middle(lane));
    }
  }

  function axis({ about, view, left }, { ink, font }) {
    const [unit, name] = unitOf(about, view.to - view.from), y = HEAD + view.height + 1;
    context.fillStyle = ink;
    context.font = `13px ${font}`;
    context.textAlign = "center";
    context.textBaseline = "top";
    context.fillRect(left, y, view.width, 1);
    for (const [time, text] of ticks(Math.max(view.from, 0), view.to, unit, view.width)) {
      const x = left + (time - view.from) * view.scale;
      context.fillRect(x, y, 1, 4);
      context.fillText(text, x, y + 6);
    }
    context.fillText(about.clock + name, left + view.width / 2, y + 22);
  }

  /** Mark the chosen span, and draw the arrows that lead to it, on a rim in the color of the ground. */
  function chosen({ about, spans, view, left, chosen: i }, { ink, ground }) {
    const x = (time) => left + (time - view.from) * view.scale, lane = spans.lane[i], right = left + view.width;
    const high = view.lane * looks[spans.look[i]].height + 6;
    const [from, to] = [spans.start[i], spans.end[i]].map((time) => within(Math.round(x(time)), left - 9, right + 9));
    for (const [color, wide] of [[ground, 6], [ink, 2]]) {
      context.strokeStyle = context.fillStyle = color;
      context.lineWidth = wide;
      context.setLineDash([]);
      context.strokeRect(from - 2, view.middle(lane) - high / 2, Math.max(to - from, 1) + 4, high);
      for (const [by, way, at, dash] of causes(about, spans, i)) {
        arrow(x(at), view.middle(by), view.middle(way), color === ink ? dash : []);
      }
    }
  }

  function arrow(x, from, to, dash) {
    const way = Math.sign(to - from) || 1, tip = to - way * 6;
    context.setLineDash(dash);
    context.stroke(new Path2D(`M${x} ${from}V${tip}`));
    context.setLineDash([]);
    context.fill(new Path2D(`M${x} ${to - way * 2}l-5 ${-way * 8}h10z`));
    context.fill(new Path2D(`M${x - 3} ${from}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0`));
  }

  function paint(scene) {
    const { view, about, left } = scene, ratio = Math.max(window.devicePixelRatio || 1, 1);
    const width = left + view.width + scene.right, height = HEAD + view.height + FOOT;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.height = `${height}px`;
    }
    const colors = theme(about, ratio), first = Math.floor(view.top / view.lane);
    const count = within(Math.ceil(view.height / view.lane) + 1, 0, view.lanes - first);
    const lanes = Array.from({ length: count }, (_, number) => first + number);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    clipped(0, 0, width, view.height + HEAD, () => names(scene, lanes, colors));
    clipped(left, 0, view.width, view.height + HEAD, () => {
      bars(scene, lanes, colors, ratio);
      context.fillStyle = colors.ink;
      const end = left + (about.duration - view.from) * view.scale;
      for (let y = HEAD; y < HEAD + view.height; y += 5) context.fillRect(end, y, 1, 2);
      if (scene.chosen >= 0) chosen(scene, colors);
    });
    clipped(left, 0, view.width + scene.right, view.height + HEAD, () => caps(scene, lanes, colors));
    if (view.lanes) axis(scene, colors);
    else nothing(scene, colors);
  }

  /** Say that there is nothing to be seen. */
  function nothing({ about, view, left }, { ink, font }) {
    context.fillStyle = ink;
    context.font = `14px ${font}`;
    context.textAlign = "center";
    const words = about.isOn ? "nothing is recorded yet" : "nothing was recorded";
    context.fillText(words, left + view.width / 2, HEAD + view.lane / 2);
  }

  function clipped(x, y, width, height, call) {
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    call();
    context.restore();
  }
  return { paint, looks: () => looks };
}
