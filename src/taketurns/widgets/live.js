// Takes the place of a still by its widget, where no kernel has shown it: by its own script, in a shadow root, whose
// styles are those of the widget alone. `packed` is JSON, deflated: {esm, css, state}. live.py puts all of it behind the still.
async (place, packed) => {
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes(packed)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const still = [...place.childNodes], images = place.querySelectorAll("img");
  const text = (await new Response(stream).text()).replace(/data:still,(\d+)/g, (_, number) => images[number].getAttribute("src"));
  const revive = (_, value) => (value?.base64 === undefined ? value : new DataView(bytes(value.base64).buffer));
  const { esm, css, state } = JSON.parse(text, revive);
  const calls = {}; // by the name of an event
  const model = { // as scripts of anywidget know it; nobody else listens
    get: (name) => state[name],
    set(name, value) {
      if (state[name] === value) return;
      state[name] = value;
      for (const call of [...(calls[`change:${name}`] ?? [])]) call(model, value);
    },
    on: (event, call) => (calls[event] ??= new Set()).add(call),
    off: (event, call) => (call ? calls[event]?.delete(call) : delete calls[event]),
    save_changes() {},
    send() {},
  };
  const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  const found = (await import(url)).default, widget = typeof found === "function" ? await found() : found;
  const host = document.createElement("div"), el = document.createElement("div"), style = document.createElement("style");
  style.textContent = css;
  host.attachShadow({ mode: "open" }).append(style, el);
  host.dataset.preventSwipe = ""; // a finger on a slider turns no slide of a deck
  host.addEventListener("keydown", (event) => { // in a widget, a deck has only the keys of a presenter's clicker, and Esc
    if (event.defaultPrevented || !/^(Escape|Page)/.test(event.key)) event.stopPropagation();
  });
  place.prepend(host);
  try {
    await widget.initialize?.({ model });
    await widget.render({ model, el });
    still.forEach((node) => node.remove());
  } catch (error) {
    host.remove(); // and the still stays
    throw error;
  }
  document.dispatchEvent(new Event("taketurns:live")); // what is around it may have to fit it in
}
