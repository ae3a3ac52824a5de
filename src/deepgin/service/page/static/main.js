// The page at work: opening, painting, filling, comparing, undoing, downloading.

import { downloadOptions, fillOptions, offerSharpness, remember } from "./choices.js";
import { Easel } from "./easel.js";
import { Hand } from "./hand.js";
import { listen } from "./inputs.js";
import { Limits } from "./limits.js";
import { encode, load } from "./maskfile.js";
import * as panel from "./panel.js";
import { Patch } from "./patch.js";
import { decode, filledName, held } from "./picture.js";
import * as service from "./service.js";
import { Session } from "./session.js";
import { Brush, Lasso, Rectangle, Size } from "./tools.js";
import { View } from "./view.js";

const { byId, say } = panel;
// Milliseconds for which a brush that changes is shown.
const RING = 1000;

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
  limits = new Limits();
  cancelling = null;
  comparing = false;
  fading = 0;
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
      grow: (factor) => this.resize((size) => size.grow(factor)),
      say: panel.whisper,
    });
    this.refresh();
  }

  get tool() {
    return this.tools[this.toolName];
  }

  /** Open a file as the picture to work on; return whether it was. */
  async open(file, name = file.name) {
    if (this.state === "busy") {
      say("One thing at a time: wait, or cancel the filling.");
      return false;
    }
    const { session } = this;
    await this.during(async () => {
      this.limits.checkBytes(file.size, name);
      const picture = await decode(await held(file, name));
      this.limits.checkPixels(picture, name);
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
    return this.session !== session;
  }

  /** Send picture and mask, and take the patch that comes back. */
  async fill() {
    if (this.state !== "ready") return;
    this.hand.finish();
    const { session } = this;
    if (!session.mask.count) {
      return say("Nothing is marked yet: paint over what should be filled.");
    }
    await this.cancellable("Filling.", async (signal, work) => {
      const { file } = session.picture;
      const mask = await encode(session.mask);
      const options = fillOptions();
      const answer = await service.fill(file, session.patch, mask, options, signal, work.tell);
      this.limits.checkBytes(file.size + answer.blob.size, "What is filled, with the picture,");
      const patch = new Patch(answer.blob, answer.box);
      await patch.ready(session.picture);
      if (signal.aborted) patch.rest();
      signal.throwIfAborted();
      session.filled(patch);
      say(`Filled in ${work.seconds()} s. ${session.news(answer.warnings)}`.trim());
    });
  }

  cancel() {
    this.cancelling?.abort();
  }

  /** Encode the picture once, in the format that is chosen, and hand it out. */
  async download() {
    if (this.state !== "ready") return;
    const { session } = this;
    const { picture, patch } = session;
    if (!patch) return say("Nothing is filled yet.");
    byId("saving").hidePopover();
    await this.cancellable("Encoding.", async (signal) => {
      const options = downloadOptions(picture.file.type);
      const { blob, warnings } = await service.encoded(picture.file, patch, options, signal);
      const name = filledName(session.name, blob.type);
      panel.download(blob, name);
      session.saved = patch;
      say(`${name} is downloaded. ${session.news(warnings)}`.trim());
    });
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
    if (held === this.comparing || (held && !this.session?.patch)) return;
    this.comparing = held;
    byId("compare").setAttribute("aria-pressed", String(held));
    byId("before").hidden = !held;
    this.show();
  }

  show() {
    this.easel.show(this.comparing ? null : this.session.patch, { mask: !this.comparing });
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

  /** Change the brush's size, and show it where no pointer does. */
  resize(change) {
    change(this.size);
    clearTimeout(this.fading);
    if (!this.tool.hover) {
      this.easel.ring = this.size.radius * this.view.scale;
      this.fading = setTimeout(() => this.hideRing(), RING);
    }
    this.refresh();
  }

  hideRing() {
    clearTimeout(this.fading);
    this.easel.ring = null;
    this.easel.touch();
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
      if (this.session.mask.count) this.tellShare("Mask loaded");
      else say(`${file.name} marks nothing: white, from half on, is what is filled.`);
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

  /** Do one thing at a time; what fails is said and changes nothing. */
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

  /** Do one thing that shows how far it is, and that can be given up. */
  async cancellable(what, work) {
    this.cancelling = new AbortController();
    const { signal } = this.cancelling;
    await this.during(async () => {
      panel.whisper(what);
      const shown = panel.working();
      try {
        await work(signal, shown);
      } catch (error) {
        if (!signal.aborted) throw error;
        say("Cancelled. Nothing has changed.");
      } finally {
        shown.done();
      }
    });
  }

  refresh() {
    panel.show(this.session, this.session ? this.state : "empty", this.toolName, this.size);
    if (this.session) this.show();
  }

  moved() {
    const { scale, x, y } = this.view;
    byId("scale").textContent = `${Math.round(100 * scale)} %`;
    byId("stage").dataset.view = [scale, x, y].join(" ");
    this.size.room(this.view.room / scale);
    if (this.session) panel.showSize(this.size);
    this.easel?.redraw();
  }
}

function checkBrowser() {
  const known = "CompressionStream" in window && "popover" in HTMLElement.prototype;
  if (!known) throw new Error("This browser is too old for this page: use one of 2024 or later.");
}

async function begin(app) {
  try {
    app.limits = new Limits(await service.limits());
    const file = await service.firstPicture();
    if (file) await app.open(file);
  } catch (error) {
    say(error.message, { wrong: true });
  }
  const usual = await service.usualSharpness();
  if (usual !== null) offerSharpness(usual);
}

try {
  panel.tellWhere();
  checkBrowser();
  service.door.ask = panel.askToken;
  const app = new App();
  remember(
    ({ tool, share }) => {
      if (tool in app.tools) app.choose(tool);
      if (share > 0 && share <= 1) app.size.share = share;
    },
    () => ({ tool: app.toolName, share: app.size.share }),
  );
  listen(app);
  // Without an answer there is no choice; filling says what is wrong.
  begin(app).catch(() => {});
} catch (error) {
  panel.enable("choose", false);
  say(error.message, { wrong: true });
}
