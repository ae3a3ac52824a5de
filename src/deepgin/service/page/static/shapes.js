// Shapes as spans of whole pixels in a mask: a stroke, a rectangle, an outline. No screen here.

/** Set what a round brush of `radius` covers on its way from `a` to `b`. */
export function stroke(mask, a, b, radius, value) {
  // The finest brush sets the pixel it stands on, wherever in it that is.
  mask.span(Math.floor(b.y), Math.floor(b.x), Math.floor(b.x) + 1, value);
  const top = Math.floor(Math.min(a.y, b.y) - radius);
  const bottom = Math.ceil(Math.max(a.y, b.y) + radius);
  for (let y = Math.max(0, top); y <= Math.min(mask.height - 1, bottom); y++) {
    const [left, right] = capsuleRow(a, b, radius, y + 0.5);
    mask.span(y, Math.ceil(left - 0.5), Math.floor(right - 0.5) + 1, value);
  }
}

// A capsule is convex: its row runs from the leftmost to the rightmost point of its parts.
function capsuleRow(a, b, radius, y) {
  let left = Infinity;
  let right = -Infinity;
  const reach = (x) => {
    left = Math.min(left, x);
    right = Math.max(right, x);
  };
  for (const end of [a, b]) {
    const half = radius * radius - (y - end.y) ** 2;
    if (half >= 0) {
      reach(end.x - Math.sqrt(half));
      reach(end.x + Math.sqrt(half));
    }
  }
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  if (length > 0) {
    const across = { x: (-(b.y - a.y) / length) * radius, y: ((b.x - a.x) / length) * radius };
    const corner = (end, sign) => ({ x: end.x + sign * across.x, y: end.y + sign * across.y });
    const corners = [corner(a, 1), corner(b, 1), corner(b, -1), corner(a, -1)];
    corners.forEach((from, i) => crossing(from, corners[(i + 1) % 4], y, reach));
  }
  return [left, right];
}

function crossing(from, to, y, reach) {
  if (from.y <= y === to.y <= y) return;
  reach(from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x));
}

/** Set all pixels that the rectangle between two corners touches. */
export function rectangle(mask, a, b, value) {
  const [left, right] = [Math.floor(Math.min(a.x, b.x)), Math.ceil(Math.max(a.x, b.x))];
  const [top, bottom] = [Math.floor(Math.min(a.y, b.y)), Math.ceil(Math.max(a.y, b.y))];
  for (let y = Math.max(0, top); y < Math.min(mask.height, bottom); y++) {
    mask.span(y, left, right, value);
  }
}

/** Set what an outline goes round, crossings of itself included. */
export function outline(mask, points, value) {
  const heights = points.map((p) => p.y);
  const top = Math.max(0, Math.floor(Math.min(...heights)));
  const bottom = Math.min(mask.height - 1, Math.ceil(Math.max(...heights)));
  for (let y = top; y <= bottom; y++) {
    const crossings = [];
    points.forEach((from, i) => {
      const to = points[(i + 1) % points.length];
      const turn = from.y < to.y ? 1 : -1;
      crossing(from, to, y + 0.5, (x) => crossings.push({ x, turn }));
    });
    crossings.sort((p, q) => p.x - q.x);
    let winding = 0;
    crossings.forEach(({ x, turn }, i) => {
      if (winding !== 0) {
        mask.span(y, Math.ceil(crossings[i - 1].x - 0.5), Math.floor(x - 0.5) + 1, value);
      }
      winding += turn;
    });
  }
}
