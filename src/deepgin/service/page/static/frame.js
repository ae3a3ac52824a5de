// The frame round the picture: its edges are dragged outwards, and the picture is to grow so far.

import { byId } from "./panel.js";

const SIDES = ["left", "top", "right", "bottom"];
// In CSS pixels, as for the tools: a key's step, and with Shift.
const STEP = 10;
const LONG_STEP = 40;
// Of the stage, for the picture: round it is room to drag.
const SHARE = 0.6;

export class Frame {
  on = false;
  /** How far each edge is out, in pixels of the picture. */
  #out = { left: 0, top: 0, right: 0, bottom: 0 };
  #grip = null;

  /** @param {import("./view.js").View} view */
  constructor(view) {
    this.view = view;
    for (const side of SIDES) {
      const edge = byId(side);
      edge.addEventListener("pointerdown", (event) => this.#down(event, side));
      edge.addEventListener("pointermove", (event) => this.#move(event, side));
      for (const name of ["pointerup", "pointercancel"]) {
        edge.addEventListener(name, () => (this.#grip = null));
      }
      edge.addEventListener("keydown", (event) => this.#key(event, side));
    }
  }

  /** The field `extend` of a request; empty where no edge is out. */
  get value() {
    const all = SIDES.map((side) => this.#out[side]);
    return all.some(Boolean) ? all.join(",") : "";
  }

  toggle(on = !this.on) {
    if (on === this.on) return;
    this.on = on;
    byId("frame").hidden = !on;
    byId("grow").setAttribute("aria-pressed", String(on));
    for (const side of SIDES) this.#out[side] = 0;
    this.view.fit();
    if (on) this.view.zoom(SHARE);
    this.place();
    if (on) byId("right").focus();
  }

  /** Put it round the picture where that is now. */
  place() {
    const { scale, x, y, size } = this.view;
    const { style } = byId("frame");
    for (const side of SIDES) {
      const out = this.#out[side];
      style.setProperty(`--${side}`, `${out * scale}px`);
      byId(side).setAttribute("aria-valuenow", String(out));
      byId(side).setAttribute("aria-valuetext", `${out} pixels`);
    }
    style.left = `${x - this.#out.left * scale}px`;
    style.top = `${y - this.#out.top * scale}px`;
    style.width = `${(size.width + this.#out.left + this.#out.right) * scale}px`;
    style.height = `${(size.height + this.#out.top + this.#out.bottom) * scale}px`;
  }

  #set(side, out) {
    this.#out[side] = Math.max(0, Math.round(out));
    byId("grown").textContent = this.#size();
    this.place();
  }

  #size() {
    const { width, height } = this.view.size;
    const { left, top, right, bottom } = this.#out;
    return `${width + left + right} × ${height + top + bottom}`;
  }

  #down(event, side) {
    event.target.setPointerCapture(event.pointerId);
    this.#grip = { at: along(event, side), out: this.#out[side] };
  }

  #move(event, side) {
    if (!this.#grip) return;
    const moved = along(event, side) - this.#grip.at;
    this.#set(side, this.#grip.out + moved / this.view.scale);
  }

  #key(event, side) {
    const ways = { ArrowLeft: ["x", -1], ArrowRight: ["x", 1], ArrowUp: ["y", -1], ArrowDown: ["y", 1] };
    const [axis, way] = ways[event.key] ?? [];
    if (axis !== axisOf(side)) return;
    event.preventDefault();
    const outwards = way * signOf(side);
    const step = (event.shiftKey ? LONG_STEP : STEP) / this.view.scale;
    this.#set(side, this.#out[side] + outwards * Math.max(1, step));
  }
}

const axisOf = (side) => (side === "left" || side === "right" ? "x" : "y");
const signOf = (side) => (side === "left" || side === "top" ? -1 : 1);

/** Where a pointer is, in CSS pixels outwards from the opposite side. */
const along = (event, side) =>
  signOf(side) * (axisOf(side) === "x" ? event.clientX : event.clientY);
