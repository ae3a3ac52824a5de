// Several pictures under one mask: filling them all, and encoding them all. No screen here.

import { Mask } from "./mask.js";
import { Patch } from "./patch.js";
import { decode, filledName, held } from "./picture.js";
import * as service from "./service.js";
import { Zip } from "./zip.js";

/** One picture of a queue; its pixels are in memory only while it is open. */
export class Item {
  width = 0;
  height = 0;
  /** Why the last work on it failed; empty if it did not. */
  why = "";
  patch = null;
  saved = null;

  constructor(file) {
    this.file = file;
    this.name = file.name;
  }

  /** Return its picture, upright. @throws {Error} with a sentence for people. */
  async picture(limits) {
    limits.checkBytes(this.file.size, this.name);
    const picture = await decode(await held(this.file, this.name));
    try {
      limits.checkPixels(picture, this.name);
    } catch (error) {
      picture.rest();
      throw error;
    }
    this.width = picture.width;
    this.height = picture.height;
    return picture;
  }
}

export class Queue {
  #masks = new Map();
  /** What all were filled with: a PNG and its size. */
  #last = null;

  /** @param {File[]} files @param {import("./limits.js").Limits} limits */
  constructor(files, limits) {
    this.items = files.map((file) => new Item(file));
    this.limits = limits;
    this.current = null;
  }

  get filled() {
    return this.items.filter((item) => item.patch);
  }

  get failed() {
    return this.items.filter((item) => item.why);
  }

  get unsaved() {
    return this.items.some((item) => item.patch !== item.saved);
  }

  /** Whether there are pictures of another size than this mask. */
  mixed({ width, height }) {
    return this.items.some((item) => item.width && !isOf(item, { width, height }));
  }

  /** Return the mask of all pictures of a size. */
  maskOf({ width, height }) {
    const key = `${width},${height}`;
    if (!this.#masks.has(key)) this.#masks.set(key, new Mask(width, height));
    return this.#masks.get(key);
  }

  /** Take a mask for all, as `{ blob, width, height }`, or the last one for what it left over. */
  toFill(mask) {
    if (mask) this.#last = mask;
    return mask ? this.items : this.#last ? this.items.filter((item) => !item.patch || item.why) : [];
  }

  /**
   * Fill pictures with the last mask, one by one; what fails is noted and the others go on.
   *
   * @param {Item[]} items
   * @param {object} how
   * @param {Object<string, string>} how.options form fields of the service.
   * @param {boolean} how.stretch resize the mask to pictures of other sizes.
   * @param {AbortSignal} how.signal
   * @param {(done: number) => void} how.tell is called with the pictures that are done.
   * @param {(item: Item) => Promise<void>} how.changed
   */
  async fill(items, { options, stretch, signal, tell, changed }) {
    await this.#each(items, signal, changed, async (item, done) => {
      if (!item.width) (await item.picture(this.limits)).rest();
      const fits = isOf(item, this.#last);
      if (!fits && !stretch) {
        const { width, height } = this.#last;
        throw new Error(
          `${item.name} has ${item.width} × ${item.height} pixels and the mask ` +
            `${width} × ${height}: choose "Fit the mask to other sizes", or fill it alone.`,
        );
      }
      const file = await held(item.file, item.name);
      const fields = fits ? options : { ...options, resize_mask: "true" };
      const follow = (state) => state.of > 0 && tell(done + state.done / state.of);
      const { blob } = this.#last;
      const answer = await service.fill(file, item.patch, blob, fields, signal, follow);
      this.limits.checkBytes(file.size + answer.blob.size, item.name);
      item.patch = new Patch(answer.blob, answer.box);
      tell(done + 1);
    });
  }

  /**
   * Encode all that is filled, and hand it out: as single files, or as one zip.
   *
   * @param {object} how
   * @param {(type: string) => Object<string, string>} how.options form fields by a picture's type.
   * @param {boolean} how.zip
   * @param {AbortSignal} how.signal
   * @param {(blob: Blob, name: string) => Promise<void> | void} how.give
   * @param {(done: number) => void} how.tell
   * @param {(item: Item) => void} how.changed
   */
  async encode({ options, zip, signal, give, tell, changed }) {
    const archive = new Zip();
    const names = new Set();
    const kept = [];
    await this.#each(this.filled, signal, changed, async (item, done) => {
      const file = await held(item.file, item.name);
      const { patch } = item;
      const { blob } = await service.encoded(file, patch, options(file.type), signal);
      const name = unused(filledName(item.name, blob.type), names);
      if (zip) await archive.add(name, blob);
      else await give(blob, name);
      if (zip) kept.push([item, patch]);
      else item.saved = patch;
      tell(done + 1);
    });
    if (zip && kept.length) {
      await give(archive.blob(), "filled.zip");
      for (const [item, patch] of kept) item.saved = patch;
    }
  }

  async #each(items, signal, changed, work) {
    for (const [done, item] of items.entries()) {
      item.why = "";
      item.busy = true;
      await changed(item);
      try {
        await work(item, done);
      } catch (error) {
        if (signal.aborted) throw error;
        item.why = error.message;
      } finally {
        item.busy = false;
        await changed(item);
      }
      signal.throwIfAborted();
    }
  }
}

const isOf = (item, { width, height }) => item.width === width && item.height === height;

// Two folders may have files of one name.
function unused(name, names) {
  const [, stem, ending] = /^(.*?)(\.[^.]*)?$/s.exec(name);
  let free = name;
  for (let i = 2; names.has(free); i++) free = `${stem}-${i}${ending ?? ""}`;
  names.add(free);
  return free;
}
