// What the explorer says: durations, names, what is known of a span, and the legend.
// lanes.js stands before it, scene.js and explore.js behind, in the one module that a page gets.

// --- times and names ---

/** Give a duration as duration_text of trace/text.py does, or a time with more digits: `98.2 µs`, `30 min 55 s`. */
function durationText(seconds, digits = 3) {
  if (seconds < 5e-10) return "0 s";
  for (const [factor, unit] of [[1e9, "ns"], [1e6, "µs"], [1e3, "ms"], [1, "s"]]) {
    const value = Number((seconds * factor).toPrecision(digits));
    if (value < (unit === "s" ? 60 : 1000)) return `${value} ${unit}`;
  }
  const whole = digits > 3 ? Math.round(seconds * 1e6) / 1e6 : Math.round(seconds), hours = Math.floor(whole / 3600);
  const parts = [[hours, "h"], [Math.floor(whole / 60) % 60, "min"], [Number((whole % 60).toFixed(6)), "s"]];
  return parts.filter(([number]) => number).map(([number, unit]) => `${number.toLocaleString("en")} ${unit}`).join(" ");
}

const timeText = (seconds) => durationText(seconds, 7);

/** Give a name in at most so many characters; what is left out stood before its last third, as in pictures/words.py. */
function shorten(name, most) {
  const letters = [...name], tail = Math.floor(Math.max(most, 0) / 3), head = Math.max(most - tail - 1, 0);
  if (letters.length <= most) return name;
  return [...letters.slice(0, head), "…", ...letters.slice(letters.length - tail)].join("");
}

/** Give the unit for so many seconds, and its name. */
const unitOf = (about, seconds) => about.units.find(([, , least]) => seconds >= least);

/** Give the round times from one to another, few enough for so many pixels, each with its text. */
function ticks(from, to, unit, width) {
  const rough = (to - from) / unit / Math.max(width / 90, 1), power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((each) => each >= rough * 0.999), found = [];
  for (let n = Math.ceil(from / unit / step - 1e-9); n * step * unit <= to * (1 + 1e-12); n += 1) {
    const text = Number((n * step).toPrecision(12)).toLocaleString("en", { maximumFractionDigits: 9 });
    found.push([n * step * unit, text]);
  }
  return found;
}

// --- what is told of a span ---

/** Give in lines what a span is, and what is known of its task. */
function tell(about, spans, i) {
  const [, state, reason, where] = about.kinds[spans.kind[i]], lane = spans.lane[i], task = about.tasks[lane];
  const [start, end] = [spans.start[i], spans.end[i]], waker = wakerOf(about, spans, i), parent = about.parents[lane];
  const outcome = about.outcomes[lane], ended = about.isOn && outcome === "not ended" ? "in progress" : outcome;
  const facts = [`${state}${reason ? ` (${reason})` : ""} for ${durationText(end - start)}`,
    `from ${timeText(start)} to ${timeText(end)}`, `on ${about.workers[spans.worker[i]]}`];
  const its = [waker && `woken by ${about.tasks[waker.by]}`, ended && `the task: ${ended}`,
    parent >= 0 && `started by ${about.tasks[parent]}`];
  return [task, facts.join(", "), where && `at ${where}`, its.filter(Boolean).join("; ")].filter(Boolean);
}

/** Give who woke a task, and when: the wait before a span, or the span itself where it is a wait. */
function wakerOf(about, spans, i) {
  const next = i + 1 < spans.first[spans.lane[i] + 1] ? i + 1 : i;
  for (const [each, at] of [[i, spans.start[i]], [next, spans.end[i]]]) {
    const by = about.kinds[spans.kind[each]][4];
    if (by >= 0 && (each === i || about.kinds[spans.kind[i]][1] === "WAITING")) return { by, at };
  }
  return null;
}

/** Give the arrows to a span, from who started its task and who woke it: from which lane to which, when, and dashes. */
function causes(about, spans, i) {
  const lane = spans.lane[i], parent = about.parents[lane], waker = wakerOf(about, spans, i);
  const started = parent >= 0 ? [[parent, lane, spans.start[spans.first[lane]], [4, 4]]] : [];
  return waker ? [...started, [waker.by, lane, waker.at, []]] : started;
}

// --- on the page ---

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Show lines of text, each in an element of its own. */
function putLines(element, lines) {
  if (lines.join("\n") === [...element.children].map((each) => each.textContent).join("\n")) return;
  element.replaceChildren(...lines.map((line) => {
    const part = document.createElement("div");
    part.textContent = line;
    return part;
  }));
}

function item(sign, words) {
  const element = document.createElement("li");
  if (typeof sign === "string") {
    const text = document.createElement("span");
    text.ariaHidden = "true";
    text.textContent = sign;
    sign = text;
  }
  element.append(sign, words);
  return element;
}

/** Give a small bar of a look, for the legend. */
function swatch(look) {
  const canvas = document.createElement("canvas"), ratio = Math.max(window.devicePixelRatio || 1, 1);
  Object.assign(canvas, { width: 22 * ratio, height: 16 * ratio, ariaHidden: "true" });
  Object.assign(canvas.style, { width: "22px", height: "16px" });
  const brush = canvas.getContext("2d");
  brush.scale(ratio, ratio);
  brush.fillStyle = look.fill;
  brush.fillRect(0, 8 * (1 - look.height), 22, 16 * look.height);
  return canvas;
}

/** Give the legend: the looks, the signs of endings and the arrows that occur. */
function legendOf(looks, about) {
  const items = looks.map((look) => item(swatch(look), look.meaning));
  items.push(...about.signs.map(([glyph, , meaning]) => item(glyph, meaning)));
  if (about.parents.some((parent) => parent >= 0)) items.push(item("┄▶", "from the task that started it"));
  if (about.kinds.some((kind) => kind[4] >= 0)) items.push(item("─▶", "from the task that woke it"));
  return items;
}
