// What is being worked on: the picture, its mask, and what can be undone. No screen here.

import { Mask } from "./mask.js";

const MOST_STEPS = 200;

export class Session {
  constructor(picture, name) {
    this.name = name;
    this.original = picture;
    this.current = picture;
    this.saved = picture;
    this.mask = new Mask(picture.width, picture.height);
    this.past = [];
    this.future = [];
  }

  /** Whether something would be lost by leaving. */
  get unsaved() {
    return this.current !== this.saved || this.mask.count > 0;
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

  /** Take the filled picture; the mask becomes empty, and both can be undone together. */
  filled(picture) {
    this.mask.begin();
    this.mask.clear();
    const change = this.mask.end() ?? { tiles: new Map(), count: 0 };
    change.picture = this.current;
    this.keep(change);
    this.#show(picture);
  }

  async undo() {
    return this.#step(this.past, this.future);
  }

  async redo() {
    return this.#step(this.future, this.past);
  }

  async #step(from, to) {
    const change = from.at(-1);
    if (!change) return false;
    if (change.picture) await change.picture.ready();
    from.pop();
    to.push(change);
    this.mask.swap(change);
    if (change.picture) {
      const shown = this.current;
      this.#show(change.picture);
      change.picture = shown;
    }
    return true;
  }

  // Only the original, to compare with, and the current picture keep a bitmap.
  #show(picture) {
    if (this.current !== this.original && this.current !== picture) this.current.rest();
    this.current = picture;
  }

  close() {
    this.original.rest();
    this.current.rest();
  }
}
