// Drawing: the picture on one canvas, the mask and the tool over it on another. No input here.

// What all browsers take as one canvas; larger masks are shown at a whole fraction of their size.
const INK_PIXELS = 16e6;
const INK_SIDE = 8192;
const SMOOTH_BELOW = 4;

export class Easel {
  constructor(below, above, view) {
    this.below = below;
    this.above = above;
    this.view = view;
    this.session = null;
    this.bitmap = null;
    this.showsMask = true;
    this.tool = null;
    this.waiting = { below: false, above: false };
    if (!below.getContext("2d") || !above.getContext("2d")) {
      throw new Error("This browser has no canvas to draw on: use another one.");
    }
  }

  open(session) {
    this.session = session;
    const { width, height } = session.mask;
    this.step = Math.max(
      Math.ceil(Math.sqrt((width * height) / INK_PIXELS)),
      Math.ceil(Math.max(width, height) / INK_SIDE),
    );
    this.ink = document.createElement("canvas");
    this.ink.width = Math.ceil(width / this.step);
    this.ink.height = Math.ceil(height / this.step);
    this.show(session.current);
  }

  show(picture, { mask = true } = {}) {
    const same = this.bitmap === picture.bitmap;
    this.bitmap = picture.bitmap;
    this.showsMask = mask;
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
    context.fillStyle = this.#checks(context);
    context.fillRect(...box);
    context.imageSmoothingEnabled = scale < SMOOTH_BELOW;
    context.imageSmoothingQuality = "high";
    if (this.bitmap) context.drawImage(this.bitmap, ...box);
  }

  // Shows through where the picture is transparent.
  #checks(context) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 16;
    const paint = tile.getContext("2d");
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
    const { scale, x, y } = this.view;
    const unit = scale * this.step * ratio;
    context.imageSmoothingEnabled = scale * this.step < SMOOTH_BELOW;
    const [width, height] = [this.ink.width * unit, this.ink.height * unit];
    context.drawImage(this.ink, x * ratio, y * ratio, width, height);
    this.#tint(context, ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.tool?.draw(context, this.view);
  }

  // The hole in the accent's colour with fine stripes, which are seen on any picture.
  #tint(context, ratio) {
    const style = getComputedStyle(this.above);
    const { width, height } = this.above;
    context.globalCompositeOperation = "source-in";
    context.fillStyle = style.getPropertyValue("--hole");
    context.fillRect(0, 0, width, height);
    context.globalCompositeOperation = "source-atop";
    context.strokeStyle = style.getPropertyValue("--hole-stripe");
    context.lineWidth = 1.5 * ratio;
    context.beginPath();
    for (let at = -height; at < width; at += 9 * ratio) {
      context.moveTo(at, height);
      context.lineTo(at + height, 0);
    }
    context.stroke();
    context.globalCompositeOperation = "source-over";
  }

  #updateInk() {
    const stale = this.session.mask.takeStale();
    if (!stale) return;
    const { step } = this;
    const [left, top] = [Math.floor(stale.left / step), Math.floor(stale.top / step)];
    const width = Math.ceil(stale.right / step) - left;
    const height = Math.ceil(stale.bottom / step) - top;
    const pixels = new ImageData(width, height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (this.#marked(left + x, top + y)) pixels.data[4 * (y * width + x) + 3] = 255;
      }
    }
    this.ink.getContext("2d").putImageData(pixels, left, top);
  }

  // The finest stroke is seen too: a pixel of ink stands for any marked one in its square.
  #marked(x, y) {
    const { mask } = this.session;
    for (let j = 0; j < this.step; j++) {
      for (let i = 0; i < this.step; i++) {
        if (mask.has(x * this.step + i, y * this.step + j)) return true;
      }
    }
    return false;
  }
}
