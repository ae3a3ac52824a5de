// What is being worked on: the picture, its mask, and what can be undone. No screen here.

import { Mask } from "./mask.js";

const MOST_STEPS = 200;

export class Session {
  /** `origin` is the session of the picture from which this one grew. */
  constructor(picture, name, { mask = new Mask(picture.width, picture.height), origin } = {}) {
    this.name = name;
    this.picture = picture;
    /** What was filled; null as long as the picture is as it was opened. */
    this.patch = null;
    this.origin = origin;
    // What grew is worth saving even before its first patch.
    this.saved = origin ? undefined : null;
    this.said = new Set();
    this.mask = mask;
    mask.touch();
    this.past = [];
    this.future = [];
  }

  /** Whether there is something to download. */
  get done() {
    return Boolean(this.patch || this.origin);
  }

  /** Whether undo has something to do. */
  get undoable() {
    return Boolean(this.past.length || this.origin);
  }

  /** Whether something would be lost by leaving. */
  get unsaved() {
    return this.patch !== this.saved || this.mask.count > 0;
  }

  /** The share of the picture that is marked, 0 to 1. */
  get share() {
    return this.mask.count / (this.mask.width * this.mask.height);
  }

  /** Change the mask in one step that can be undone; one that fails leaves it as it was. */
  async change(work) {
    this.mask.begin();
    try {
      await work(this.mask);
    } catch (error) {
      this.mask.abandon();
      throw error;
    }
    this.keep(this.mask.end());
  }

  /** Take a closed change of the mask, or null, as the latest step. */
  keep(change) {
    if (!change) return;
    this.past.push(change);
    if (this.past.length > MOST_STEPS) this.past.shift();
    this.future = [];
  }

  /** Of warnings, return those that are new with this picture. */
  news(warnings) {
    const news = warnings.filter((warning) => !this.said.has(warning));
    for (const warning of news) this.said.add(warning);
    return news.join(" ");
  }

  /**
   * Take the next patch; the mask becomes empty, and both can be undone together; if `joined`, with
   * the change before.
   */
  filled(patch, { joined = false } = {}) {
    this.mask.begin();
    this.mask.clear();
    const change = this.mask.end() ?? { tiles: new Map(), count: 0 };
    change.patch = this.patch;
    change.joined = joined;
    this.keep(change);
    this.#show(patch);
  }

  async undo() {
    const change = await this.#step(this.past, this.future);
    if (change?.joined) await this.undo();
    return Boolean(change);
  }

  async redo() {
    const change = await this.#step(this.future, this.past);
    if (this.future.at(-1)?.joined) await this.redo();
    return Boolean(change);
  }

  async #step(from, to) {
    const change = from.at(-1);
    if (!change) return null;
    await change.patch?.ready(this.picture);
    from.pop();
    to.push(change);
    this.mask.swap(change);
    if (change.patch !== undefined) {
      const shown = this.patch;
      this.#show(change.patch);
      change.patch = shown;
    }
    return change;
  }

  // Only the picture and the current patch keep a bitmap.
  #show(patch) {
    this.patch?.rest();
    this.patch = patch;
  }

  close() {
    this.picture.rest();
    this.patch?.rest();
  }
}
