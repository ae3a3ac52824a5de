// What calls what: buttons, keys, dropped and pasted files. No work is done here.

import { rated } from "./choices.js";
import { byId, hush, say, showFormat } from "./panel.js";

/** Connect the page to the app's methods. */
export function listen(app) {
  buttons(app);
  files(app);
  document.addEventListener("keydown", (event) => keyDown(app, event));
  document.addEventListener("keyup", (event) => keyUp(app, event));
  window.addEventListener("blur", () => app.compare(false));
  window.addEventListener("beforeunload", (event) => {
    if (app.unsaved) event.preventDefault();
  });
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", () => app.easel.redraw());
}

function buttons(app) {
  // A button that can do nothing now keeps the focus, and does nothing.
  const still = (event) => {
    if (!event.target.closest?.("[aria-disabled=true]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  document.addEventListener("click", still, { capture: true });
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
  click("copy", () => app.copy());
  click("download-files", () => app.downloadAll({ zip: false }));
  click("download-zip", () => app.downloadAll({ zip: true }));
  click("fill-all", () => app.fillAll());
  byId("grow").addEventListener("click", () => {
    byId("menu").hidePopover();
    app.grow();
  });
  click("compare", () => app.wipe.toggle());
  click("smaller", () => app.view.zoom(1 / 1.4));
  click("larger", () => app.view.zoom(1.4));
  click("whole", () => app.view.zoom(1 / app.view.scale));
  click("fit", () => app.view.fit());
  click("invert", () => app.alterMask("invert"));
  click("clear", () => app.alterMask("clear"));
  click("save", () => app.saveMask());
  byId("load").addEventListener("click", () => byId("mask-file").click());
  byId("dismiss").addEventListener("click", hush);
  const slider = byId("size");
  slider.addEventListener("input", () => {
    app.resize((size) => (size.place = Number(slider.value)));
  });
  // Other methods give no texture.
  const method = byId("way");
  const only = () => (byId("texture").disabled = method.value !== "auto");
  method.addEventListener("change", only);
  only();
  const show = () => showFormat(app.session?.picture.file.type, rated());
  for (const id of ["format", "quality"]) byId(id).addEventListener("input", show);
  byId("saving").addEventListener("beforetoggle", show);
}

const MASK = /(^|[^a-z])mask/i;
const choosePicture = () => byId("picture-file").click();

function files(app) {
  chosen("picture-file", (files) => opened(app, files));
  chosen("mask-file", ([file]) => app.loadMask(file));
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
    opened(app, event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (event.target.closest?.(TYPED)) return;
    const file = event.clipboardData.files[0];
    // Browsers call what was copied "image.png".
    if (event.clipboardData.files.length > 1) opened(app, event.clipboardData.files);
    else if (file) app.open(file, file.name === "image.png" ? "pasted.png" : file.name);
    else say("There is no picture in the clipboard: copy the picture itself, not its address.");
  });
}

/** Open what was chosen, dropped or pasted: pictures, and perhaps the mask that they have in common. */
async function opened(app, list) {
  const files = [...list];
  const masks = files.length > 1 ? files.filter(({ name }) => MASK.test(name)) : [];
  const pictures = files.filter((file) => !masks.includes(file));
  if (masks.length > 1 || (masks.length && !pictures.length)) {
    say(
      `${masks.length} of these files are masks by their names. Choose pictures, and with them one ` +
        "mask for all: photo.jpg and photo_mask.png.",
    );
  } else if (!pictures.length) {
    say("That is an address, and this page loads nothing from elsewhere: save the picture first.");
  } else if ((await app.openAll(pictures)) && masks.length) {
    await app.loadMask(masks[0]);
  }
}

function chosen(id, does) {
  const input = byId(id);
  input.addEventListener("change", () => {
    const files = [...input.files];
    // The same file may be chosen again.
    input.value = "";
    if (files.length) does(files);
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
  w: (app) => app.session.patch && app.wipe.toggle(),
  "[": (app) => app.resize((size) => size.step(-1)),
  "]": (app) => app.resize((size) => size.step(1)),
  "+": (app) => app.view.zoom(1.4),
  "=": (app) => app.view.zoom(1.4),
  "-": (app) => app.view.zoom(1 / 1.4),
  0: (app) => app.view.fit(),
  1: (app) => app.view.zoom(1 / app.view.scale),
};

function keyDown(app, event) {
  if (document.querySelector("dialog[open]") || event.target.closest?.(TYPED)) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "o" && !chord(event)) return choosePicture();
  if (!app.session) return;
  if (chord(event)) {
    if (key === "z") app.step(event.shiftKey ? "redo" : "undo");
    else if (key === "y") app.step("redo");
    else if (key === "s") app.download();
    else if (key === "c" && window.getSelection().isCollapsed) app.copy();
    else return;
    event.preventDefault();
  } else if (key === "c") {
    if (!event.repeat) app.compare(true);
  } else if (key === " " && !event.target.closest?.("button, input, [popover]")) {
    event.preventDefault();
    app.hand.holdSpace(true);
  } else if (key === "Escape" && app.state === "busy") {
    app.cancel();
  } else if (key === "Escape") {
    app.wipe.close();
    if (app.frame.on) app.grow();
  } else if (!event.altKey) {
    KEYS[key]?.(app);
  }
}

function keyUp(app, event) {
  if (event.key === " ") app.hand.holdSpace(false);
  if (event.key.toLowerCase() === "c") app.compare(false);
}

const chord = (event) => event.ctrlKey || event.metaKey;
