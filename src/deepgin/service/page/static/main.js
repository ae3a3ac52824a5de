// The page at work: opening, painting, filling, comparing, undoing, downloading.

import { Easel } from "./easel.js";
import { Hand } from "./hand.js";
import { listen } from "./inputs.js";
import { encode, load } from "./maskfile.js";
import * as panel from "./panel.js";
import { decode, filledName, held } from "./picture.js";
import { fill, usualSharpness } from "./service.js";
import { Session } from "./session.js";
import { Brush, Lasso, Rectangle, Size } from "./tools.js";
import { View } from "./view.js";

const { byId, say } = panel;

/** Everything a person can do, each thing one method; `inputs.js` says what calls them. */
class App {
  session = null;
  state = "empty";
  toolName = "brush";
  size = new Size();
  tools = {
    brush: new Brush(1, this.size),
    eraser: new Brush(0, this.size),
    rectangle: new Rectangle(),
    lasso: new Lasso(),
  };
  cancelling = null;
  comparing = false;
  steps = Promise.resolve();

  constructor() {
    this.view = new View(byId("stage"), () => this.moved());
    this.easel = new Easel(byId("below"), byId("above"), this.view);
    this.easel.tool = this.tool;
    this.hand = new Hand(byId("above"), {
      view: this.view,
      tool: () => this.tool,
      free: () => this.state === "ready" && !this.comparing,
      mask: () => this.session.mask,
      keep: (change) => this.keep(change),
      touch: () => this.easel.touch(),
      resize: (steps) => this.resize(steps),
      say: panel.whisper,
    });
    this.refresh();
  }

  get tool() {
    return this.tools[this.toolName];
  }

  /** Open a file as the picture to work on. */
  async open(file, name = file.name) {
    if (this.state === "busy") return say("One thing at a time: wait, or cancel the filling.");
    await this.during(async () => {
      const picture = await decode(await held(file, name));
      if (this.session?.unsaved && !(await panel.mayLose())) return picture.rest();
      this.session?.close();
      this.session = new Session(picture, name);
      this.size.open(Math.max(picture.width, picture.height));
      this.easel.open(this.session);
      document.body.dataset.state = "ready";
      this.view.open(picture);
      byId("above").focus({ preventScroll: true });
      if (picture.reduced) say("Shown smaller than it is; it is filled in full size.");
      else panel.whisper(`${name}, ${picture.width} by ${picture.height} pixels, is open.`);
    });
  }

  /** Send picture and mask, and take what comes back. */
  async fill() {
    if (this.state !== "ready") return;
    this.hand.finish();
    if (!this.session.mask.count) {
      return say("Nothing is marked yet: paint over what should be filled.");
    }
    this.cancelling = new AbortController();
    const { signal } = this.cancelling;
    await this.during(async () => {
      panel.whisper("Filling.");
      const done = panel.working();
      try {
        const session = this.session;
        const mask = await encode(session.mask);
        const { blob, warnings } = await fill(session.current.file, mask, options(session), signal);
        const picture = await this.taken(blob);
        if (signal.aborted) picture.rest();
        signal.throwIfAborted();
        session.filled(picture);
        say(`Filled in ${done()} s. ${warnings}`.trim());
      } catch (error) {
        if (!signal.aborted) throw error;
        say("Cancelled. Nothing has changed.");
      } finally {
        done();
      }
    });
  }

  async taken(blob) {
    const file = new File([blob], filledName(this.session.name, blob.type), { type: blob.type });
    const picture = await decode(file);
    const { width, height } = this.session.mask;
    if (picture.width === width && picture.height === height) return picture;
    picture.rest();
    throw new Error(`The result is ${picture.width} × ${picture.height}: of another size.`);
  }

  cancel() {
    this.cancelling?.abort();
  }

  download() {
    const { current, original } = this.session;
    if (current === original) return say("Nothing is filled yet.");
    panel.download(current.file, current.file.name);
    this.session.saved = current;
    panel.whisper(`${current.file.name} is downloaded.`);
  }

  /** Undo or redo; presses in quick succession are all heard. */
  step(way) {
    if (this.cancelling || this.hand.working) return;
    this.steps = this.steps.then(() => this.#step(way));
  }

  async #step(way) {
    if (this.state !== "ready") return;
    await this.during(async () => {
      if (await this.session[way]()) this.tellShare(way === "undo" ? "Undone" : "Redone");
    });
  }

  /** Show the picture as it was opened, as long as `held`. */
  compare(held) {
    if (held === this.comparing || (held && byId("compare").disabled)) return;
    this.comparing = held;
    byId("compare").setAttribute("aria-pressed", String(held));
    byId("before").hidden = !held;
    this.show();
  }

  show() {
    const { original, current } = this.session;
    this.easel.show(this.comparing ? original : current, { mask: !this.comparing });
  }

  choose(name) {
    this.hand.abandon();
    const hover = this.tool.hover;
    this.tool.hover = null;
    this.toolName = name;
    this.tool.hover = hover;
    this.easel.tool = this.tool;
    this.refresh();
  }

  resize(steps) {
    this.size.step(steps);
    this.refresh();
  }

  /** Change the whole mask by one of its own methods. */
  async alterMask(name) {
    if (this.state !== "ready") return;
    await this.during(() => this.session.change((mask) => mask[name]()));
    this.tellShare("Mask changed");
  }

  async loadMask(file) {
    if (this.state !== "ready") return;
    await this.during(async () => {
      await this.session.change((mask) => load(mask, file));
      this.tellShare("Mask loaded");
    });
  }

  async saveMask() {
    const stem = this.session.name.replace(/\.[^.]*$/, "") || "picture";
    panel.download(await encode(this.session.mask), `${stem}-mask.png`);
  }

  keep(change) {
    this.session.keep(change);
    if (change) this.tellShare("");
    this.refresh();
  }

  tellShare(what) {
    const share = (100 * this.session.share).toFixed(1);
    panel.whisper(`${what ? `${what}: ` : ""}${share} % is marked.`);
  }

  /** Do one thing at a time; what fails is told and changes nothing. */
  async during(work) {
    const before = this.state;
    this.state = "busy";
    this.hand.abandon();
    this.refresh();
    try {
      await work();
    } catch (error) {
      say(error.message, { wrong: true });
    } finally {
      this.cancelling = null;
      this.state = this.session ? "ready" : before;
      this.refresh();
    }
  }

  refresh() {
    panel.show(this.session, this.session ? this.state : "empty", this.toolName, this.size);
    if (this.session) this.show();
  }

  moved() {
    const { scale, x, y } = this.view;
    byId("scale").textContent = `${Math.round(100 * scale)} %`;
    byId("stage").dataset.view = [scale, x, y].join(" ");
    this.easel?.redraw();
  }
}

// The form's fields; what is as the service has it by itself is left out.
function options({ current }) {
  const fields = { fit: "way", dilate: "dilate", feather: "feather" };
  const given = Object.entries(fields).map(([field, id]) => [field, byId(id).value]);
  // GIF is read, and not written.
  if (current.file.type === "image/gif") given.push(["format", "png"]);
  const told = given.filter(([, value]) => Number(value) !== 0);
  if (!byId("texture").checked) told.push(["texture", "off"]);
  const sharpness = panel.chosenSharpness();
  if (sharpness !== null) told.push(["sharpness", sharpness]);
  return Object.fromEntries(told);
}

async function offerSharpness() {
  const usual = await usualSharpness();
  if (usual !== null) panel.offerSharpness(usual);
}

function checkBrowser() {
  const known = "CompressionStream" in window && "popover" in HTMLElement.prototype;
  if (!known) throw new Error("This browser is too old for this page: use one of 2024 or later.");
}

try {
  panel.tellWhere();
  checkBrowser();
  listen(new App());
  // Without an answer there is no choice; filling says what is wrong.
  offerSharpness().catch(() => {});
} catch (error) {
  byId("choose").disabled = true;
  say(error.message, { wrong: true });
}
