// Drawing: the picture on one canvas, the mask and the tool over it on another. No input here.

import { FULL, SIDE } from "./mask.js";
import { ring } from "./tools.js";

// What all browsers take as one canvas; larger masks are shown at a half, a quarter, ... of it.
const INK_PIXELS = 16e6;
const INK_SIDE = 8192;
const SMOOTH_BELOW = 4;

export class Easel {
  constructor(below, above, view) {
    this.below = below;
    this.above = above;
    this.view = view;
    this.session = null;
    this.patch = null;
    this.shown = [];
    this.ring = null;
    this.showsMask = true;
    this.wipe = null;
    this.tool = null;
    this.waiting = { below: false, above: false };
    if (!below.getContext("2d") || !above.getContext("2d")) {
      throw new Error("This browser has no canvas to draw on: use another one.");
    }
  }

  open(session) {
    this.session = session;
    const { width, height } = session.mask;
    this.step = 1;
    while ((width * height) / this.step ** 2 > INK_PIXELS) this.step *= 2;
    while (Math.max(width, height) / this.step > INK_SIDE) this.step *= 2;
    this.ink = document.createElement("canvas");
    this.ink.width = Math.ceil(width / this.step);
    this.ink.height = Math.ceil(height / this.step);
    this.show(null);
  }

  /**
   * Show the picture with this patch on it, or with none; left of `wipe`, in CSS pixels of the
   * stage, as it was opened.
   */
  show(patch, { mask = true, wipe = null } = {}) {
    const shown = [this.session.picture.bitmap, patch, wipe];
    const same = shown.every((part, i) => part === this.shown[i]);
    this.shown = shown;
    this.patch = patch;
    this.showsMask = mask;
    this.wipe = wipe;
    if (same) this.touch();
    else this.redraw();
  }

  redraw() {
    this.#ask("below", () => this.#drawBelow());
    this.touch();
  }

  /** Draw again what lies over the picture. */
  touch() {
    this.#ask("above", () => this.#drawAbove());
  }

  #ask(which, draw) {
    if (this.waiting[which]) return;
    this.waiting[which] = true;
    requestAnimationFrame(() => {
      this.waiting[which] = false;
      if (this.session) draw();
    });
  }

  #fresh(canvas) {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalCompositeOperation = "source-over";
    context.clearRect(0, 0, width, height);
    return [context, ratio];
  }

  #drawBelow() {
    const [context, ratio] = this.#fresh(this.below);
    const { scale, x, y, size } = this.view;
    const box = [x * ratio, y * ratio, size.width * scale * ratio, size.height * scale * ratio];
    context.imageSmoothingEnabled = scale < SMOOTH_BELOW;
    context.imageSmoothingQuality = "high";
    const put = (bitmap, place) => {
      context.fillStyle = this.#checks(context);
      context.fillRect(...place);
      context.drawImage(bitmap, ...place);
    };
    put(this.session.picture.bitmap, box);
    if (!this.patch) return;
    const { box: part, bitmap } = this.patch;
    const unit = scale * ratio;
    const place = [box[0] + part.x * unit, box[1] + part.y * unit];
    place.push(part.width * unit, part.height * unit);
    // Its outermost pixels of the screen would be half transparent; those below are the same.
    context.beginPath();
    context.rect(...this.#inner(place, box));
    context.save();
    context.clip();
    if (this.wipe !== null) {
      context.beginPath();
      context.rect(Math.round(this.wipe * ratio), 0, context.canvas.width, context.canvas.height);
      context.clip();
    }
    put(bitmap, place);
    context.restore();
  }

  // The whole pixels of the screen in a place, up to the picture's own edges.
  #inner([left, top, width, height], box) {
    const inside = (from, length, least, whole) => {
      const until = from + length;
      const start = from > least + 1e-6 ? Math.ceil(from) : from;
      return [start, (until < least + whole - 1e-6 ? Math.floor(until) : until) - start];
    };
    const [x, across] = inside(left, width, box[0], box[2]);
    const [y, down] = inside(top, height, box[1], box[3]);
    return [x, y, Math.max(0, across), Math.max(0, down)];
  }

  // Shows through where the picture is transparent.
  #checks(context) {
    const [tile, paint] = square(16);
    const style = getComputedStyle(this.below);
    paint.fillStyle = style.getPropertyValue("--check-a");
    paint.fillRect(0, 0, 16, 16);
    paint.fillStyle = style.getPropertyValue("--check-b");
    paint.fillRect(0, 0, 8, 8);
    paint.fillRect(8, 8, 8, 8);
    return context.createPattern(tile, "repeat");
  }

  #drawAbove() {
    this.#updateInk();
    const [context, ratio] = this.#fresh(this.above);
    if (!this.showsMask) return;
    if (this.session.mask.count) this.#drawInk(context, ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.tool?.draw(context, this.view);
    if (this.ring !== null) ring(context, this.view.middle, this.ring);
  }

  #drawInk(context, ratio) {
    const { scale, x, y } = this.view;
    const unit = scale * this.step * ratio;
    context.imageSmoothingEnabled = scale * this.step < SMOOTH_BELOW;
    const [width, height] = [this.ink.width * unit, this.ink.height * unit];
    context.drawImage(this.ink, x * ratio, y * ratio, width, height);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = this.#stripes(context, ratio);
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    context.globalCompositeOperation = "source-over";
  }

  // The hole in the accent's colour with fine stripes, which are seen on any picture.
  #stripes(context, ratio) {
    const side = Math.round(9 * ratio);
    const [tile, paint] = square(side);
    const style = getComputedStyle(this.above);
    paint.fillStyle = style.getPropertyValue("--hole");
    paint.fillRect(0, 0, side, side);
    paint.globalCompositeOperation = "source-atop";
    paint.strokeStyle = style.getPropertyValue("--hole-stripe");
    paint.lineWidth = 1.5 * ratio;
    paint.beginPath();
    for (const at of [-side, 0, side]) {
      paint.moveTo(at - side, 2 * side);
      paint.lineTo(at + 2 * side, -side);
    }
    paint.stroke();
    return context.createPattern(tile, "repeat");
  }

  #updateInk() {
    const context = this.ink.getContext("2d");
    const side = SIDE / this.step;
    for (const { left, top, tile } of this.session.mask.takeStale()) {
      const [x, y] = [left / this.step, top / this.step];
      if (!tile) context.clearRect(x, y, side, side);
      else if (tile === FULL) context.fillRect(x, y, side, side);
      else context.putImageData(shaded(tile, side), x, y);
    }
  }
}

// A tile's marks on a square of `side`; the finest stroke is seen too: a pixel of ink stands for
// any marked one.
function shaded(tile, side) {
  const pixels = new ImageData(side, side);
  const step = SIDE / side;
  for (let i = 0; i < tile.length; i++) {
    if (!tile[i]) continue;
    const [x, y] = [Math.floor((i % SIDE) / step), Math.floor(i / SIDE / step)];
    pixels.data[4 * (y * side + x) + 3] = 255;
  }
  return pixels;
}

function square(side) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  return [canvas, canvas.getContext("2d")];
}
