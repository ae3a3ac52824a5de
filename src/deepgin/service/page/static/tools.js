// The tools: brush, eraser, rectangle, lasso. Each turns a path in the picture into marks.

import { outline, rectangle, stroke } from "./shapes.js";

/**
 * A tool between `begin` and `end`; points are in pixels of the picture.
 *
 * `value` is 1 to mark, 0 to erase. `draw` shows on the stage what is under way.
 */
class Tool {
  begin(mask, at, value) {
    this.mask = mask;
    this.value = value;
    this.points = [at];
  }

  move(at) {
    this.points.push(at);
  }

  end() {
    this.mask = null;
  }

  get working() {
    return Boolean(this.mask);
  }

  draw() {}
}

export class Brush extends Tool {
  constructor(value, size) {
    super();
    this.own = value;
    this.size = size;
    this.hover = null;
  }

  begin(mask, at, value) {
    super.begin(mask, at, value && this.own);
    stroke(mask, at, at, this.size.radius, this.value);
  }

  move(at) {
    stroke(this.mask, this.points[0], at, this.size.radius, this.value);
    this.points = [at];
  }

  draw(context, view) {
    if (!this.hover) return;
    const at = view.toStage(this.hover);
    ring(context, at, this.size.radius * view.scale);
  }
}

/** Draw a brush of this radius on the stage. */
export function ring(context, at, wanted) {
  const radius = Math.max(2, wanted);
  circle(context, at, radius, 3, "rgb(0 0 0 / 45%)");
  circle(context, at, radius, 1.5, "white");
  // A point in the middle shows where a wide brush stands.
  if (radius > 12) circle(context, at, 1, 2, "white");
}

function circle(context, at, radius, width, colour) {
  context.setLineDash([]);
  context.beginPath();
  context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
  line(context, width, colour);
}

function line(context, width, colour) {
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke();
}

// White on dark is seen on any picture.
function outlined(context) {
  line(context, 3, "rgb(0 0 0 / 45%)");
  line(context, 1.5, "white");
}

class Area extends Tool {
  draw(context, view) {
    if (this.hover) cross(context, view.toStage(this.hover));
    if (!this.working) return;
    context.beginPath();
    this.path(context, view);
    context.fillStyle = getComputedStyle(context.canvas).getPropertyValue("--hole-stripe");
    context.fill();
    outlined(context);
  }
}

function cross(context, at) {
  context.beginPath();
  for (const [x, y] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ]) {
    context.moveTo(at.x + 4 * x, at.y + 4 * y);
    context.lineTo(at.x + 11 * x, at.y + 11 * y);
  }
  outlined(context);
}

export class Rectangle extends Area {
  end() {
    const [from, to] = [this.points[0], this.points.at(-1)];
    // A click without a way marks nothing.
    if (from.x !== to.x && from.y !== to.y) rectangle(this.mask, from, to, this.value);
    super.end();
  }

  path(context, view) {
    const [a, b] = [view.toStage(this.points[0]), view.toStage(this.points.at(-1))];
    context.rect(a.x, a.y, b.x - a.x, b.y - a.y);
  }
}

export class Lasso extends Area {
  end() {
    if (this.points.length > 2) outline(this.mask, this.points, this.value);
    super.end();
  }

  path(context, view) {
    for (const point of this.points) {
      const at = view.toStage(point);
      context.lineTo(at.x, at.y);
    }
    context.closePath();
  }
}

/**
 * The brush's diameter in pixels of the picture, and its place on a slider of 0 to 100.
 *
 * The largest fits the screen: in an enlarged picture it is smaller, and what was wanted comes back
 * with the room.
 */
export class Size {
  /** Of the picture's longer side; stays from picture to picture. */
  share = 1 / 16;

  constructor() {
    this.open(512);
    this.room(Infinity);
  }

  /** Take a picture's longer side. */
  open(side) {
    this.side = side;
  }

  /** Take the room on the screen, in pixels of the picture. */
  room(length) {
    this.most = Math.max(4, Math.round(Math.min(this.side, length)));
  }

  get exact() {
    return Math.min(Math.max(this.share * this.side, 1), this.most);
  }

  set exact(pixels) {
    this.share = Math.min(Math.max(pixels, 1), this.most) / this.side;
  }

  get pixels() {
    return Math.round(this.exact);
  }

  get radius() {
    return this.pixels / 2;
  }

  get place() {
    return (100 * Math.log(this.exact)) / Math.log(this.most);
  }

  set place(place) {
    this.exact = this.#at(place);
  }

  isAt(place) {
    return this.pixels === Math.round(this.#at(place));
  }

  #at(place) {
    return this.most ** (place / 100);
  }

  /** Make it a little larger (steps above 0) or smaller, by one pixel at least. */
  step(steps) {
    const next = Math.round(this.pixels * 1.12 ** steps);
    this.exact = next === this.pixels ? next + Math.sign(steps) : next;
  }

  /** Make it larger by a factor; small ones add up. */
  grow(factor) {
    this.exact *= factor;
  }
}
