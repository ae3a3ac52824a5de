// The controls around the picture: what they show and say. What they do is in main.js.

const INFORMED = 9000;
let fading = 0;
let coming = 0;
let untouched = null;

export const byId = (id) => document.getElementById(id);

/** Say something to everyone, on the screen and to screen readers; errors stay until dismissed. */
export function say(text, { wrong = false } = {}) {
  whisper("");
  // The same sentence twice is news twice.
  coming = requestAnimationFrame(() => (byId("told").textContent = text));
  byId("message").classList.toggle("wrong", wrong);
  byId("message").classList.add("shown");
  if (!wrong) fading = setTimeout(hush, INFORMED);
}

export function hush() {
  byId("message").classList.remove("shown");
}

/** Say something to screen readers only, where eyes see it happen. */
export function whisper(text) {
  clearTimeout(fading);
  cancelAnimationFrame(coming);
  hush();
  byId("told").textContent = text;
}

/** Show what can be done now. */
export function show(session, state, tool, size) {
  document.body.dataset.state = state;
  const busy = state !== "ready";
  for (const id of ["open", "load", "invert", "clear"]) byId(id).disabled = busy;
  byId("undo").disabled = busy || !session?.past.length;
  byId("redo").disabled = busy || !session?.future.length;
  const filled = Boolean(session) && session.current !== session.original;
  byId("compare").disabled = !filled;
  byId("download").disabled = busy || !filled;
  for (const name of ["brush", "eraser", "rectangle", "lasso"]) {
    byId(name).setAttribute("aria-pressed", String(name === tool));
  }
  byId("above").classList.toggle("crosses", tool === "rectangle" || tool === "lasso");
  const text = `${size.pixels} px`;
  byId("pixels").textContent = text;
  // A finger on the slider is not disturbed by rounding to whole pixels.
  if (!size.isAt(Number(byId("size").value))) byId("size").value = size.place;
  byId("size").setAttribute("aria-valuetext", text);
  if (session) {
    byId("name").textContent = session.name;
    byId("dimensions").textContent = `${session.mask.width} × ${session.mask.height}`;
  }
  byId("about").hidden = !session;
  document.title = session ? `${session.name} · DeepGIN` : "DeepGIN";
}

/** Show that work goes on, with its seconds, until the returned function is called. */
export function working() {
  const begun = performance.now();
  const seconds = () => Math.floor((performance.now() - begun) / 1000);
  const tell = () => (byId("seconds").textContent = `${seconds()} s`);
  tell();
  document.body.classList.add("fills");
  swap("fill", "cancel");
  const ticking = setInterval(tell, 250);
  return () => {
    clearInterval(ticking);
    document.body.classList.remove("fills");
    swap("cancel", "fill");
    return ((performance.now() - begun) / 1000).toFixed(1);
  };
}

// One button in place of the other; the focus goes along.
function swap(from, to) {
  const focused = document.activeElement === byId(from);
  byId(from).hidden = true;
  byId(to).hidden = false;
  if (focused) byId(to).focus();
}

/** Ask whether work may be lost. */
export function mayLose() {
  const dialog = byId("ask");
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true });
  });
}

/** Hand a file to the browser's downloads. */
export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Not at once: some browsers begin reading only later.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Let a sharpness be chosen, from the usual one on. */
export function offerSharpness(usual) {
  const slider = byId("sharpness");
  const show = (sharpness) => (byId("sharpened").textContent = Number(sharpness).toFixed(2));
  slider.value = usual;
  untouched = slider.value; // at one of its steps, if the usual is not
  slider.addEventListener("input", () => show(slider.value));
  show(usual);
  byId("sharp").hidden = false;
}

/** Return the sharpness that was chosen; null if none was, or none can be. */
export function chosenSharpness() {
  const { value } = byId("sharpness");
  return untouched === null || value === untouched ? null : value;
}

/** Say where pictures go. */
export function tellWhere() {
  const { hostname } = window.location;
  const here = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  byId("private").textContent = here
    ? "Pictures stay on this computer."
    : `Pictures are sent to ${hostname}, and nowhere else.`;
}
