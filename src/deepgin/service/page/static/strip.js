// The pictures of a queue below the stage: thumbnails, what is done, and what failed.

import { byId, enable } from "./panel.js";

// Of a thumbnail, in pixels of its canvas: twice those of the page.
const SIDE = 128;

export class Strip {
  #queue = null;
  #shown = new Map();

  /** @param {(item: import("./queue.js").Item) => void} choose */
  constructor(choose) {
    this.choose = choose;
  }

  /** Show a queue, or none; thumbnails come one by one. */
  open(queue) {
    this.#queue = queue;
    this.#shown.clear();
    byId("queue").hidden = !queue;
    byId("thumbs").replaceChildren(...(queue?.items ?? []).map((item) => this.#entry(item)));
    if (queue) this.#drawAll(queue);
  }

  /** Show what changed with one picture. */
  async update(item) {
    const shown = this.#shown.get(item);
    if (!shown) return;
    if (item.patch && item.patch !== shown.patch) await this.#drawPatch(item, shown);
    this.refresh();
  }

  /** Show how things stand; `ready`: something may be done. */
  refresh(ready = this.ready, mask = this.mask) {
    const queue = this.#queue;
    if (!queue) return;
    [this.ready, this.mask] = [ready, mask];
    for (const [item, { button, state }] of this.#shown) {
      const what = stateOf(item);
      state.dataset.state = what;
      button.setAttribute("aria-label", `${item.name}: ${item.why || what}`);
      button.title = item.why || item.name;
      if (item === queue.current) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
    const { items, filled, failed } = queue;
    byId("counted").textContent = filled.length
      ? `${filled.length} of ${items.length} filled`
      : `${items.length} pictures`;
    byId("failures").replaceChildren(...failed.map((item) => line(item.why)));
    byId("failures").hidden = !failed.length;
    byId("stretching").hidden = !queue.mixed(mask);
    enable("fill-all", ready);
  }

  #entry(item) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "bare thumb";
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SIDE;
    const state = document.createElement("span");
    button.append(canvas, state);
    button.addEventListener("click", () => this.choose(item));
    this.#shown.set(item, { button, canvas, state, patch: null });
    const entry = document.createElement("li");
    entry.append(button);
    return entry;
  }

  // One at a time: a decoded picture takes much memory.
  async #drawAll(queue) {
    for (const item of queue.items) {
      if (queue !== this.#queue) return;
      if (item.why) continue;
      try {
        const picture = await item.picture(queue.limits);
        const { canvas } = this.#shown.get(item) ?? {};
        if (canvas) canvas.getContext("2d").drawImage(picture.bitmap, ...placeOf(item));
        picture.rest();
      } catch (error) {
        item.why = error.message;
      }
      this.refresh();
    }
  }

  async #drawPatch(item, shown) {
    shown.patch = item.patch;
    const { blob, box } = item.patch;
    const [left, top, width] = placeOf(item);
    const scale = width / item.width;
    try {
      const bitmap = await createImageBitmap(blob);
      const place = [left + box.x * scale, top + box.y * scale];
      place.push(box.width * scale, box.height * scale);
      shown.canvas.getContext("2d").drawImage(bitmap, ...place);
      bitmap.close();
    } catch {
      // A format that the browser does not show: the thumbnail stays as it was.
    }
  }
}

const stateOf = ({ busy, why, patch }) =>
  busy ? "in work" : why ? "failed" : patch ? "filled" : "waiting";

// The whole picture in the middle of its thumbnail.
function placeOf({ width, height }) {
  const scale = SIDE / Math.max(width, height);
  const [across, down] = [Math.max(1, width * scale), Math.max(1, height * scale)];
  return [(SIDE - across) / 2, (SIDE - down) / 2, across, down];
}

function line(text) {
  const entry = document.createElement("li");
  entry.textContent = text;
  return entry;
}
