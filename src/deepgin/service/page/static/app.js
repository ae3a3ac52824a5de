// The page at work: opening, painting, filling, comparing, undoing, downloading one picture.

import { downloadOptions, fillOptions } from "./choices.js";
import { Easel } from "./easel.js";
import { Hand } from "./hand.js";
import { Limits } from "./limits.js";
import { encode, load } from "./maskfile.js";
import * as panel from "./panel.js";
import { Patch } from "./patch.js";
import { decode, filledName, held } from "./picture.js";
import * as service from "./service.js";
import { Session } from "./session.js";
import { REPLACED, Tasks } from "./tasks.js";
import { Brush, Lasso, Rectangle, Size } from "./tools.js";
import { View } from "./view.js";
import { Wipe } from "./wipe.js";

const { byId, say } = panel;
// Milliseconds for which a brush that changes is shown.
const RING = 1000;

/** Everything a person can do, each thing one method; `inputs.js` says what calls them. */
export class App extends Tasks {
  session = null;
  queue = null;
  toolName = "brush";
  size = new Size();
  tools = {
    brush: new Brush(1, this.size),
    eraser: new Brush(0, this.size),
    rectangle: new Rectangle(),
    lasso: new Lasso(),
  };
  limits = new Limits();
  /** The filling in work, or the last. */
  filling = Promise.resolve();
  /** Whether a stroke cancelled such a filling. */
  owed = false;
  comparing = false;
  fading = 0;
  steps = Promise.resolve();

  constructor() {
    super();
    this.view = new View(byId("stage"), () => this.moved());
    this.easel = new Easel(byId("below"), byId("above"), this.view);
    this.easel.tool = this.tool;
    this.hand = new Hand(byId("above"), {
      view: this.view,
      tool: () => this.tool,
      mayBegin: () => this.mayBegin(),
      abandoned: () => this.owed && this.fillSoon(),
      mask: () => this.session.mask,
      keep: (change) => this.keep(change),
      touch: () => this.easel.touch(),
      grow: (factor) => this.resize((size) => size.grow(factor)),
      say: panel.whisper,
    });
    this.wipe = new Wipe(byId("stage"), () => this.show());
    this.refresh();
  }

  get tool() {
    return this.tools[this.toolName];
  }

  get unsaved() {
    return Boolean(this.session?.unsaved);
  }

  /** Open a file as the picture to work on; return whether it was. */
  async open(file, name = file.name) {
    if (!this.isFree()) return false;
    const { session } = this;
    await this.during(async () => {
      this.limits.checkBytes(file.size, name);
      const picture = await decode(await held(file, name));
      this.limits.checkPixels(picture, name);
      if (this.unsaved && !(await panel.mayLose())) return picture.rest();
      this.take(new Session(picture, name));
      if (picture.reduced) say("Shown smaller than it is; it is filled in full size.");
      else panel.whisper(`${name}, ${picture.width} by ${picture.height} pixels, is open.`);
    });
    return this.session !== session;
  }

  /** Work on this from now on. */
  take(session) {
    this.session?.close();
    this.session = session;
    const { picture } = session;
    this.size.open(Math.max(picture.width, picture.height));
    this.easel.open(session);
    document.body.dataset.state = "ready";
    this.view.open(picture);
    byId("above").focus({ preventScroll: true });
  }

  /** Send picture and mask, and take the patch that comes back; `eager`: a stroke has ended. */
  async fill({ eager = false } = {}) {
    if (this.state !== "ready") return;
    this.hand.finish();
    const { session } = this;
    if (!session.mask.count) {
      return say("Nothing is marked yet: paint over what should be filled.");
    }
    [this.eager, this.owed] = [eager, false];
    this.filling = this.cancellable("Filling.", async (signal, work) => {
      const { file } = session.picture;
      const mask = await encode(session.mask);
      const options = fillOptions();
      const answer = await service.fill(file, session.patch, mask, options, signal, work.tell);
      this.limits.checkBytes(file.size + answer.blob.size, "What is filled, with the picture,");
      const patch = new Patch(answer.blob, answer.box);
      await patch.ready(session.picture);
      if (signal.aborted) patch.rest();
      signal.throwIfAborted();
      session.filled(patch, { joined: eager });
      const news = session.news(answer.warnings);
      // What comes after every stroke would lie over the picture.
      const tell = eager && !news ? panel.whisper : say;
      tell(`Filled in ${work.seconds()} s. ${news}`.trim());
    });
    await this.filling;
  }

  /**
   * Fill what a stroke has marked, as soon as a filling that the stroke cancelled has ended. Not
   * with several pictures: a mask for all is painted in several strokes.
   */
  async fillSoon() {
    if (!byId("eager").checked || this.queue) return;
    await this.filling;
    const free = this.state === "ready" && !this.hand.working;
    if (free && this.session.mask.count) this.fill({ eager: true });
  }

  /** A stroke is about to begin: return whether it may. */
  mayBegin() {
    if (this.comparing) return false;
    this.wipe.close();
    if (this.eager) {
      this.owed = true;
      this.cancelling?.abort(REPLACED);
    }
    return this.state === "ready" || this.eager;
  }

  cancel() {
    this.cancelling?.abort();
  }

  /** Encode the picture once, in the format that is chosen, and hand it out. */
  async download() {
    if (this.state !== "ready") return;
    const { session } = this;
    const { picture, patch } = session;
    if (!this.session.done) return say("Nothing is filled yet.");
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

  /** Put the result on the clipboard, as PNG. */
  async copy() {
    if (this.state !== "ready") return;
    const { picture, patch } = this.session;
    if (!this.session.done) return say("Nothing is filled yet.");
    byId("saving").hidePopover();
    if (!navigator.clipboard?.write) {
      return say("Browsers let a page copy at localhost and https only: download the picture.");
    }
    await this.cancellable("Copying.", async (signal) => {
      const encoding = service.encoded(picture.file, patch, { format: "png" }, signal);
      const png = encoding.then(({ blob }) => blob);
      try {
        // At once: a browser allows it only at a press.
        await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
      } catch {
        await png; // Its own failure says more.
        throw new Error("The browser did not let the page copy: download the picture.");
      }
      say("The result is copied, as PNG.");
    });
  }

  /** Undo or redo; presses in quick succession are all heard. */
  step(way) {
    if (this.hand.working || (this.cancelling && !this.eager)) return;
    this.cancelling?.abort(REPLACED);
    this.steps = this.steps.then(() => this.filling).then(() => this.#step(way));
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
    this.show();
  }

  show() {
    const { comparing, wipe } = this;
    if (!this.session.patch) wipe.close();
    const both = wipe.on && !comparing;
    byId("compare").setAttribute("aria-pressed", String(comparing || wipe.on));
    byId("before").hidden = !comparing && !wipe.on;
    byId("after").hidden = !both;
    const patch = comparing ? null : this.session.patch;
    this.easel.show(patch, { mask: !comparing && !wipe.on, wipe: both ? wipe.x : null });
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
      this.fading = setTimeout(() => {
        this.easel.ring = null;
        this.easel.touch();
      }, RING);
    }
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
      if (this.session.mask.count) this.tellShare("Mask loaded");
      else say(`${file.name} marks nothing: white, from half on, is what is filled.`);
    });
  }

  async saveMask() {
    const stem = this.session.name.replace(/\.[^.]*$/, "") || "picture";
    panel.download(await encode(this.session.mask), `${stem}-mask.png`);
  }

  keep(change) {
    // Strokes that are filled together are undone together.
    if (change) change.joined = this.owed;
    this.session.keep(change);
    if (change) this.tellShare("");
    this.refresh();
    // One that only erases asks for nothing.
    if (change && this.session.mask.count > change.count) this.fillSoon();
  }

  tellShare(what) {
    const share = (100 * this.session.share).toFixed(1);
    panel.whisper(`${what ? `${what}: ` : ""}${share} % is marked.`);
  }

  refresh() {
    const state = this.session ? this.state : "empty";
    panel.show(this.session, state, this.toolName, this.size, this.eager);
    if (this.session) this.show();
  }

  moved() {
    const { scale, x, y } = this.view;
    byId("scale").textContent = `${Math.round(100 * scale)} %`;
    byId("stage").dataset.view = [scale, x, y].join(" ");
    this.size.room(this.view.room / scale);
    if (this.session) panel.showSize(this.size);
    this.easel?.redraw();
    if (this.wipe?.on) this.show();
  }
}
