// The hand on the stage: mouse, pen, touch and keys become strokes, zoom and pan.

// Two fingers at one place: their distance is divided by.
const NEAR = 1e-6;
// The most of one event of the wheel, in CSS pixels.
const TURN = 120;
const PINCH = 24;

/**
 * @typedef {object} Work what the hand works with
 * @property {import("./view.js").View} view
 * @property {() => object} tool the chosen tool
 * @property {() => boolean} mayBegin is called before a stroke; returns whether it may be made
 * @property {() => void} abandoned is called after a stroke that is left without a trace
 * @property {() => object} mask
 * @property {(change: object | null) => void} keep takes a finished change of the mask
 * @property {() => void} touch draws again
 * @property {(factor: number) => void} grow makes the brush larger
 * @property {(text: string) => void} say
 */
export class Hand {
  /** @param {HTMLCanvasElement} canvas @param {Work} work */
  constructor(canvas, work) {
    this.canvas = canvas;
    this.work = work;
    this.pointers = new Map();
    this.space = false;
    this.panning = null;
    this.penDown = false;
    this.cursor = null;
    const on = (name, does) => canvas.addEventListener(name, does, { passive: false });
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event));
    on("pointercancel", (event) => this.#up(event, true));
    on("pointerleave", (event) => this.#leave(event));
    on("wheel", (event) => this.#wheel(event));
    on("keydown", (event) => this.#key(event));
    on("blur", () => this.#blur());
    on("contextmenu", (event) => event.preventDefault());
  }

  /** Whether a stroke is under way. */
  get working() {
    return this.work.tool().working;
  }

  /** End the stroke that is under way, if one is, and keep it. */
  finish() {
    this.penDown = false;
    if (!this.working) return;
    this.work.tool().end();
    this.work.keep(this.work.mask().end());
    this.work.touch();
  }

  /** Leave the stroke that is under way without a trace. */
  abandon() {
    if (!this.working) return;
    this.work.tool().end();
    this.work.mask().abandon();
    this.penDown = false;
    this.work.touch();
    this.work.abandoned();
  }

  holdSpace(held) {
    this.space = held;
    this.canvas.classList.toggle("pans", held);
  }

  #begin(at, value) {
    if (!this.work.mayBegin()) return;
    this.work.say(""); // What was said before would lie over the picture.
    this.work.mask().begin();
    this.work.tool().begin(this.work.mask(), at, value);
    this.work.touch();
  }

  #at(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #down(event) {
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.#at(event));
    if (this.pointers.size > 1) {
      this.abandon();
      this.panning = this.#grip();
      return;
    }
    if (this.space || event.button === 1) {
      this.panning = this.#grip();
      this.canvas.classList.add("pulls");
      return;
    }
    if (event.button > 0 && event.pointerType === "mouse") return;
    this.finish();
    this.#hover(this.#at(event));
    // The other end of a pen erases, as does Alt.
    const erases = event.altKey || event.button === 5;
    this.#begin(this.work.view.toPicture(this.#at(event)), erases ? 0 : 1);
  }

  #move(event) {
    const at = this.#at(event);
    if (this.pointers.has(event.pointerId)) this.pointers.set(event.pointerId, at);
    if (this.panning) return this.#drag();
    if (event.pointerType !== "touch" || this.working) this.#hover(at);
    if (this.working && this.pointers.has(event.pointerId)) {
      const path = event.getCoalescedEvents?.() ?? [];
      for (const part of path.length ? path : [event]) {
        this.work.tool().move(this.work.view.toPicture(this.#at(part)));
      }
    }
    this.work.touch();
  }

  #up(event, cancelled = false) {
    if (!this.pointers.delete(event.pointerId)) return;
    if (this.panning) {
      this.panning = this.pointers.size ? this.#grip() : null;
      this.canvas.classList.remove("pulls");
      return;
    }
    if (cancelled) this.abandon();
    else this.finish();
    if (event.pointerType === "touch") this.#hover(null);
  }

  #leave(event) {
    if (this.pointers.has(event.pointerId)) return;
    this.#hover(null);
  }

  #hover(at) {
    this.work.tool().hover = at && this.work.view.toPicture(at);
    this.cursor = null;
    this.work.touch();
  }

  // The middle of all pointers, and how far they are apart.
  #grip() {
    const all = [...this.pointers.values()];
    const mean = (axis) => all.reduce((sum, at) => sum + at[axis], 0) / all.length;
    const middle = { x: mean("x"), y: mean("y") };
    const apart = all.map((at) => Math.hypot(at.x - middle.x, at.y - middle.y));
    return { ...middle, apart: Math.max(...apart, NEAR) };
  }

  #drag() {
    const [from, to] = [this.panning, this.#grip()];
    this.panning = to;
    this.work.view.pan(to.x - from.x, to.y - from.y);
    if (this.pointers.size > 1) this.work.view.zoom(to.apart / from.apart, to);
  }

  // Everything follows how far the wheel turned: a trackpad tells of many small turns.
  #wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode ? 16 : 1;
    const [dx, dy] = [event.deltaX * lines, event.deltaY * lines];
    const turn = (most) => Math.max(-most, Math.min(most, dy));
    if (event.altKey) {
      this.work.grow(Math.exp(-turn(TURN) / 500));
    } else if (event.shiftKey) {
      this.work.view.pan(-dx, -dy);
    } else {
      // Two fingers that are spread or pinched come as a wheel with Ctrl, in smaller turns.
      const pinched = event.ctrlKey || event.metaKey;
      const pull = pinched ? turn(PINCH) / 100 : turn(TURN) / 500;
      this.work.view.zoom(Math.exp(-pull), this.#at(event));
    }
  }

  // Keys move a cursor; Enter puts the tool down there, and lifts it.
  #key(event) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    if (way && !event.ctrlKey && !event.metaKey) this.#walk(way, event);
    else if (event.key === "Enter") this.penDown ? this.finish() : this.#putPen(event.altKey);
    else if (event.key === "Escape" && this.working) this.abandon();
    else return;
    event.preventDefault();
  }

  #walk([dx, dy], event) {
    const { view } = this.work;
    const length = (event.shiftKey ? 40 : event.altKey ? 1 : 10) / view.scale;
    const at = this.#place();
    const inside = (value, most) => Math.min(Math.max(value, 0), most);
    const x = inside(at.x + dx * Math.max(length, 1), view.size.width);
    const y = inside(at.y + dy * Math.max(length, 1), view.size.height);
    this.cursor = this.work.tool().hover = { x, y };
    if (this.penDown && this.working) this.work.tool().move(this.cursor);
    this.#keepInSight(view.toStage(this.cursor));
    this.work.touch();
  }

  #place() {
    const { view } = this.work;
    return this.cursor ?? this.work.tool().hover ?? view.toPicture(view.middle);
  }

  #keepInSight(at) {
    const { view } = this.work;
    const off = (value, room) => Math.min(0, value - 30) + Math.max(0, value - room + 30);
    const x = off(at.x, this.canvas.clientWidth);
    const y = off(at.y, this.canvas.clientHeight);
    if (x || y) view.pan(-x, -y);
  }

  #putPen(erases) {
    this.cursor = this.work.tool().hover = this.#place();
    this.#begin(this.cursor, erases ? 0 : 1);
    this.penDown = this.working;
    if (this.penDown) this.work.say("Down. Arrow keys draw, Enter lifts, Escape gives it up.");
  }

  #blur() {
    this.holdSpace(false);
    if (this.penDown) this.finish();
    if (this.cursor) this.#hover(null);
  }
}
