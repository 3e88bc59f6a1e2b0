// The lanes of a trace: its spans as arrays, where one finds them, and how they are painted.
// words.js, scene.js and explore.js stand behind it in the one module that a page gets.

const NARROW = 3; // pixels: a narrower bar has no room for a pattern

// --- the spans, as _spans of explore.py has written them ---

/** Give the bytes of a value of a model; a page without a kernel may hold them as base64. */
function bytesOf(value) {
  if (value instanceof ArrayBuffer) return value;
  if (typeof value !== "string") return value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength);
  const letters = atob(value), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = letters.charCodeAt(i);
  return bytes.buffer;
}

/**
 * Give the spans, lane by lane and in order of their start: those of a lane are from `first[lane]` on, up to
 * `first[lane + 1]`. `reach` is the latest end so far in a lane. Before span `i`, spans of a look lasted
 * `sums[i * about.looks.length + look]` seconds together. `overlaps` tells the lanes in which spans overlap.
 */
function readSpans(about, value) {
  const bytes = bytesOf(value), lanes = about.tasks.length, kinds = about.looks.length;
  const count = (bytes.byteLength - 4 * (lanes + 1)) / 24;
  let at = 0;
  const take = (Type, length) => {
    const array = new Type(bytes, at, length);
    at += array.byteLength;
    return array;
  };
  const start = take(Float64Array, count), end = take(Float64Array, count);
  const worker = take(Uint32Array, count), kind = take(Uint32Array, count), first = take(Uint32Array, lanes + 1);
  const look = new Uint8Array(count), lane = new Uint32Array(count), overlaps = new Uint8Array(lanes);
  const reach = end.slice(), sums = new Float64Array((count + 1) * kinds), looks = about.kinds.map((each) => each[0]);
  for (let row = 0; row < lanes; row += 1) {
    for (let i = first[row]; i < first[row + 1]; i += 1) {
      lane[i] = row;
      look[i] = looks[kind[i]];
      for (let each = 0; each < kinds; each += 1) sums[(i + 1) * kinds + each] = sums[i * kinds + each];
      sums[(i + 1) * kinds + look[i]] += end[i] - start[i];
      if (i === first[row]) continue;
      if (reach[i - 1] > start[i]) overlaps[row] = 1;
      if (reach[i - 1] > reach[i]) reach[i] = reach[i - 1];
    }
  }
  return { count, start, end, worker, kind, first, look, reach, sums, lane, overlaps };
}

/** Give the first place from `low` on whose value is not less than a limit, or is above it; else `high`. */
function search(values, limit, low, high, above = false) {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] < limit || (above && values[middle] === limit)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Give the span of a lane that is there at a time, or else the nearest that is not further away than some seconds. */
function spanAt(spans, lane, time, slack) {
  const low = spans.first[lane], next = search(spans.start, time, low, spans.first[lane + 1], true);
  for (let i = next - 1; i >= low && spans.reach[i] >= time; i -= 1) if (spans.end[i] >= time) return i;
  const before = next > low ? time - spans.end[next - 1] : Infinity;
  const behind = next < spans.first[lane + 1] ? spans.start[next] - time : Infinity;
  if (Math.min(before, behind) > slack) return -1;
  return before <= behind ? next - 1 : next;
}

// --- where a lane's spans are, in pixels: no more of them than there are pixels ---

/**
 * Call `bar(look, x, width)` for each span in view that is a pixel wide, or alone in its pixel, and `heap(x, from, to)`
 * for the spans that share a pixel. What is found by halves takes no longer with more spans.
 */
function eachBar(spans, lane, view, bar, heap) {
  const { start, end, look, reach } = spans, last = spans.first[lane + 1];
  const x = (time) => (time - view.from) * view.scale;
  const isShort = (i) => (end[i] - start[i]) * view.scale < 1;
  let i = search(reach, view.from, spans.first[lane], last);
  while (i < last && start[i] <= view.to) {
    const at = x(start[i]);
    let next = i + 1;
    if (isShort(i)) {
      const edge = view.from + (Math.floor(at) + 1) / view.scale;
      if (spans.overlaps[lane]) while (next < last && start[next] < edge && isShort(next)) next += 1;
      else {
        next = search(start, edge, next, last);
        if (next > i + 1 && !isShort(next - 1)) next -= 1; // only the last of them can reach further
      }
    }
    if (next > i + 1) heap(Math.floor(at), i, next);
    else {
      const left = Math.round(Math.max(at, -8)), right = Math.round(Math.min(x(end[i]), view.width + 8));
      bar(look[i], left, Math.max(right - left, 1)); // whole pixels, so that the thinnest has its full color
    }
    i = next;
  }
}

/** Give the image of the lanes in view, for what is too narrow to be drawn by itself; `column` puts a bar there. */
function makeImage(view, ratio) {
  const width = Math.round(view.width * ratio), height = Math.round(view.height * ratio);
  const data = new ImageData(width, height), pixels = new Uint32Array(data.data.buffer);
  const column = (x, top, wide, high, color) => {
    const left = Math.max(Math.floor(x * ratio), 0), right = Math.min(Math.floor((x + wide) * ratio), width);
    const first = Math.max(Math.round(top * ratio), 0);
    const last = Math.min(Math.max(Math.round((top + high) * ratio), Math.round(top * ratio) + 1), height);
    for (let row = first * width; row < last * width; row += width) {
      for (let place = row + left; place < row + right; place += 1) pixels[place] = color;
    }
  };
  const fits = (view, ratio) => width === Math.round(view.width * ratio) && height === Math.round(view.height * ratio);
  return { data, column, fits, clear: () => pixels.fill(0) };
}

/** Put the spans of a lane into the image, or where they are wide into `found[look]`: left, top, width and height. */
function collect(spans, looks, lane, view, image, found) {
  const { sums } = spans, middle = (lane + 0.5) * view.lane - view.top, kinds = looks.length;
  const tall = looks.map((look) => look.height * view.lane);
  const bar = (look, x, width) => {
    if (width < NARROW) image.column(x, middle - tall[look] / 2, width, tall[look], looks[look].pixel);
    else found[look].push(x, middle - tall[look] / 2, width, tall[look]);
  };
  const heap = (x, from, to) => {
    // As in pictures/crowds.py: each look is as high as its share, and together they are as high as looks on average.
    let full = 0, whole = 0;
    for (let look = 0; look < kinds; look += 1) {
      const share = (sums[to * kinds + look] - sums[from * kinds + look]) * view.scale;
      full += share;
      whole += share * tall[look];
    }
    if (full <= 1e-9) return bar(spans.look[from], x, 1);
    whole /= Math.max(full, 1);
    let bottom = middle + whole / 2;
    for (let look = 0; look < kinds; look += 1) {
      const share = (sums[to * kinds + look] - sums[from * kinds + look]) * view.scale;
      if (share <= 1e-12) continue;
      const height = (whole * share) / full;
      image.column(x, bottom - height, 1, height, looks[look].pixel);
      bottom -= height;
    }
  };
  eachBar(spans, lane, view, bar, heap);
}

// --- colors ---

const numbersOf = (color) => color.match(/[\d.]+/g).map(Number);
const hex = (color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));

/** Give how light a color is, as WCAG measures it. */
function luminance(color) {
  const linear = color.slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Give a color that is seen on a ground: one that is too near to it is made darker, or lighter, by little. */
function seenOn(ground, color, least = 3.05) {
  const toward = luminance(ground) > 0.18 ? 0 : 255;
  let seen = color;
  while (contrast(seen, ground) < least) {
    seen = seen.map((part) => Math.round(part + (toward - part) * 0.05 + Math.sign(toward - part)));
  }
  return seen;
}

/** Give a look with what it is painted with on a ground: its `fill`, and its color as a `pixel` of an image. */
function painted(context, look, ground, ratio) {
  const [red, green, blue] = seenOn(ground, hex(look.color));
  const pixel = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  return { ...look, pixel, fill: fillOf(context, look, `rgb(${red} ${green} ${blue})`, ratio) };
}

/** Give what fills bars of a look: a color, or the look's pattern across it. */
function fillOf(context, look, color, ratio) {
  if (!look.pattern) return color;
  const tile = document.createElement("canvas"), size = 8 * ratio, brush = tile.getContext("2d");
  tile.width = tile.height = size;
  brush.scale(ratio, ratio);
  brush.fillStyle = color;
  brush.fillRect(0, 0, 8, 8);
  brush.fillStyle = brush.strokeStyle = look.ink;
  PATTERNS[look.pattern]?.(brush);
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}

const PATTERNS = {
  stripes(brush) {
    brush.lineWidth = 2;
    brush.stroke(new Path2D("M-2 2L2 -2M-2 10L10 -2M6 10L10 6"));
  },
  dots(brush) {
    for (const place of [2, 6]) {
      brush.beginPath();
      brush.arc(place, place, 1.3, 0, 7);
      brush.fill();
    }
  },
  bars: (brush) => brush.fillRect(0, 0, 2, 8),
};

