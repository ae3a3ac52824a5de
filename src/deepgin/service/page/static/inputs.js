// What calls what: buttons, keys, dropped and pasted files. No work is done here.

import { byId, hush } from "./panel.js";

/** Connect the page to the app's methods. */
export function listen(app) {
  buttons(app);
  holding(app);
  files(app);
  document.addEventListener("keydown", (event) => keyDown(app, event));
  document.addEventListener("keyup", (event) => keyUp(app, event));
  window.addEventListener("blur", () => app.compare(false));
  window.addEventListener("beforeunload", (event) => {
    if (app.session?.unsaved) event.preventDefault();
  });
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", () => app.easel.redraw());
}

function buttons(app) {
  const click = (id, does) =>
    byId(id).addEventListener("click", (event) => {
      does();
      // After a click with a pointer the keys are the picture's again.
      const stays = byId("menu").contains(event.target);
      if (event.detail > 0 && app.session && !stays) byId("above").focus({ preventScroll: true });
    });
  for (const id of ["open", "choose"]) byId(id).addEventListener("click", choosePicture);
  for (const name of ["brush", "eraser", "rectangle", "lasso"]) {
    click(name, () => app.choose(name));
  }
  click("undo", () => app.step("undo"));
  click("redo", () => app.step("redo"));
  click("fill", () => app.fill());
  click("cancel", () => app.cancel());
  click("download", () => app.download());
  click("smaller", () => app.view.zoom(1 / 1.4));
  click("larger", () => app.view.zoom(1.4));
  click("whole", () => app.view.zoom(1 / app.view.scale));
  click("fit", () => app.view.fit());
  click("invert", () => app.alterMask("invert"));
  click("clear", () => app.alterMask("clear"));
  click("save", () => app.saveMask());
  byId("load").addEventListener("click", () => byId("mask-file").click());
  byId("dismiss").addEventListener("click", hush);
  byId("size").addEventListener("input", () => {
    app.size.place = Number(byId("size").value);
    app.refresh();
  });
  // Other methods give no texture.
  const method = byId("way");
  method.addEventListener("change", () => (byId("texture").disabled = method.value !== "auto"));
}

function holding(app) {
  const button = byId("compare");
  button.addEventListener("pointerdown", (event) => {
    button.setPointerCapture(event.pointerId);
    app.compare(true);
  });
  for (const name of ["pointerup", "pointercancel", "blur"]) {
    button.addEventListener(name, () => app.compare(false));
  }
  button.addEventListener("contextmenu", (event) => event.preventDefault());
}

const choosePicture = () => byId("picture-file").click();

function files(app) {
  chosen("picture-file", (file) => app.open(file));
  chosen("mask-file", (file) => app.loadMask(file));
  let depth = 0;
  const dropping = (change) => {
    depth = change ? Math.max(0, depth + change) : 0;
    document.body.classList.toggle("dropping", depth > 0);
  };
  document.addEventListener("dragenter", () => dropping(1));
  document.addEventListener("dragleave", () => dropping(-1));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    dropping(0);
    const file = event.dataTransfer.files[0];
    if (file) app.open(file);
  });
  document.addEventListener("paste", (event) => {
    const file = event.clipboardData.files[0];
    // Browsers call what was copied "image.png".
    if (file) app.open(file, file.name === "image.png" ? "pasted.png" : file.name);
  });
}

function chosen(id, does) {
  const input = byId(id);
  input.addEventListener("change", () => {
    const [file] = input.files;
    // The same file may be chosen again.
    input.value = "";
    if (file) does(file);
  });
}

// Where keys are the field's own.
const TYPED = "select, input:not([type=range], [type=checkbox])";

const KEYS = {
  b: (app) => app.choose("brush"),
  e: (app) => app.choose("eraser"),
  r: (app) => app.choose("rectangle"),
  l: (app) => app.choose("lasso"),
  f: (app) => app.fill(),
  "[": (app) => app.resize(-1),
  "]": (app) => app.resize(1),
  "+": (app) => app.view.zoom(1.4),
  "=": (app) => app.view.zoom(1.4),
  "-": (app) => app.view.zoom(1 / 1.4),
  0: (app) => app.view.fit(),
  1: (app) => app.view.zoom(1 / app.view.scale),
};

function keyDown(app, event) {
  if (byId("ask").open || event.target.closest?.(TYPED)) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "o" && !chord(event)) return choosePicture();
  if (!app.session) return;
  if (chord(event)) {
    if (key === "z") app.step(event.shiftKey ? "redo" : "undo");
    else if (key === "y") app.step("redo");
    else if (key === "s") app.download();
    else return;
    event.preventDefault();
  } else if (key === "c" || (isPress(event) && event.target.id === "compare")) {
    if (!event.repeat) app.compare(true);
    if (key !== "c") event.preventDefault();
  } else if (key === " " && !event.target.closest?.("button, input, [popover]")) {
    event.preventDefault();
    app.hand.holdSpace(true);
  } else if (key === "Escape" && app.state === "busy") {
    app.cancel();
  } else if (!event.altKey) {
    KEYS[key]?.(app);
  }
}

function keyUp(app, event) {
  if (event.key === " ") app.hand.holdSpace(false);
  if (event.key.toLowerCase() === "c" || event.target.id === "compare") app.compare(false);
}

const chord = (event) => event.ctrlKey || event.metaKey;
const isPress = (event) => event.key === " " || event.key === "Enter";
