// The controls around the picture: what they show and say. What they do is in main.js.

const INFORMED = 9000;
let fading = 0;
let coming = 0;

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

/** Let a button be pressed, or not; unlike one that is disabled it keeps the focus. */
export function enable(id, on) {
  byId(id).setAttribute("aria-disabled", String(!on));
}

/** Show what can be done now. */
export function show(session, state, tool, size, eager) {
  document.body.dataset.state = state;
  document.body.classList.toggle("eager", eager);
  const ready = state === "ready";
  for (const id of ["open", "load", "invert", "clear"]) enable(id, ready);
  enable("choose", state !== "busy");
  // A filling that a stroke began is given up by undoing it.
  enable("undo", (ready || eager) && session.undoable);
  enable("redo", ready && session.future.length > 0);
  enable("compare", Boolean(session?.patch));
  enable("saver", ready && session.done);
  for (const id of ["download", "copy"]) enable(id, ready && session.done);
  for (const name of ["brush", "eraser", "rectangle", "lasso"]) {
    byId(name).setAttribute("aria-pressed", String(name === tool));
  }
  showSize(size);
  if (session) {
    byId("name").textContent = session.name;
    byId("dimensions").textContent = `${session.mask.width} × ${session.mask.height}`;
  }
  byId("about").hidden = !session;
  document.title = session ? `${session.name} · DeepGIN` : "DeepGIN";
}

export function showSize(size) {
  const text = `${size.pixels} px`;
  byId("pixels").textContent = text;
  // A finger on the slider is not disturbed by rounding to whole pixels.
  if (!size.isAt(Number(byId("size").value))) byId("size").value = size.place;
  byId("size").setAttribute("aria-valuetext", text);
}

/** Show that work goes on, and how far it is if that is known, until `done` is called. */
export function working() {
  const begun = performance.now();
  const seconds = () => (performance.now() - begun) / 1000;
  const bar = byId("progress");
  let left = "";
  const show = () => (byId("seconds").textContent = left || `${Math.floor(seconds())} s`);
  show();
  document.body.classList.add("fills");
  swap("fill", "cancel");
  const ticking = setInterval(show, 250);
  return {
    seconds: () => seconds().toFixed(1),
    tell({ done, of, seconds_left }) {
      if (!(of > 0)) return;
      document.body.classList.add("counts");
      bar.value = done / of;
      left = seconds_left === null ? `${Math.floor((100 * done) / of)} %` : lasting(seconds_left);
    },
    done() {
      clearInterval(ticking);
      document.body.classList.remove("fills", "counts");
      bar.removeAttribute("value");
      swap("cancel", "fill");
    },
  };
}

function lasting(seconds) {
  const rest = Math.max(1, Math.ceil(seconds));
  return rest < 100 ? `${rest} s left` : `${Math.ceil(rest / 60)} min left`;
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

/** Ask for the token of the service; null without one. */
export function askToken() {
  const dialog = byId("door");
  dialog.returnValue = "no";
  byId("token").value = "";
  dialog.showModal();
  return new Promise((answer) => {
    const closed = () => answer(dialog.returnValue === "yes" ? byId("token").value.trim() : null);
    dialog.addEventListener("close", closed, { once: true });
  });
}

const EXACT = "Outside what was filled, every pixel stays as it was.";
const COSTS = {
  "exact-png": EXACT,
  "exact-webp": EXACT,
  jpg: "Encoded once, now. JPEG changes pixels outside what was filled as well, by a few levels.",
  webp: "Encoded once, now. Pixels outside what was filled change as well, by a few levels.",
};
const INEXACT = /^image\/(jpeg|avif|hei[cf])$/;

/** Say what the format that is chosen costs a picture of this type. */
export function showFormat(type, rated) {
  const own = INEXACT.test(type)
    ? "Encoded once, now, as finely as the original. Pixels outside what was filled may change " +
      "by a few levels; PNG keeps them exactly."
    : EXACT;
  byId("cost").textContent = COSTS[byId("format").value] ?? own;
  byId("rated").hidden = !rated;
  byId("rating").textContent = byId("quality").value;
}

/** Say where pictures go. */
export function tellWhere() {
  const { hostname } = window.location;
  const here = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  byId("private").textContent = here
    ? "Pictures stay on this computer."
    : `Pictures are sent to ${hostname}, and nowhere else.`;
}
