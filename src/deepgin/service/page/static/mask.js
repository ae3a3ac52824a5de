// The mask: which pixels of the picture are marked, at its full size. No screen, no files here.

/** The side of a tile. */
export const SIDE = 128;
/** A tile whose pixels are all marked; one that was painted full may be another. */
export const FULL = new Uint8Array(SIDE * SIDE).fill(1);

/**
 * Marked pixels in square tiles, of which empty ones take no room.
 *
 * A change is made between `begin` and `end`; the first write to a tile copies it, so that a
 * change is a list of former tiles, and undoing one is swapping them back.
 */
export class Mask {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.across = Math.ceil(width / SIDE);
    this.tiles = new Array(this.across * Math.ceil(height / SIDE)).fill(null);
    this.count = 0;
    this.open = null;
    this.stale = new Set();
  }

  begin() {
    this.open = { tiles: new Map(), count: this.count, own: new Set() };
  }

  /** Close the change and return it, or null if no pixel was written. */
  end() {
    const { tiles, count } = this.open ?? { tiles: new Map() };
    this.open = null;
    return tiles.size ? { tiles, count } : null;
  }

  /** Close the change and put everything back as it was. */
  abandon() {
    const change = this.end();
    if (change) this.swap(change);
  }

  /** Exchange the mask's tiles with the change's: undo, and with the same object redo. */
  swap(change) {
    for (const [index, tile] of change.tiles) {
      change.tiles.set(index, this.tiles[index]);
      this.tiles[index] = tile;
      this.stale.add(index);
    }
    [this.count, change.count] = [change.count, this.count];
  }

  /** Set the pixels from `left` up to, not including, `right` of row `y` to 0 or 1. */
  span(y, left, right, value) {
    if (y < 0 || y >= this.height) return;
    left = Math.max(0, left);
    right = Math.min(this.width, right);
    while (left < right) {
      const column = Math.floor(left / SIDE);
      const until = Math.min(right, (column + 1) * SIDE);
      const index = Math.floor(y / SIDE) * this.across + column;
      if (value || this.tiles[index]) {
        const tile = this.#writable(index);
        const row = (y % SIDE) * SIDE;
        for (let i = row + left - column * SIDE; i < row + until - column * SIDE; i++) {
          this.count += value - tile[i];
          tile[i] = value;
        }
      }
      left = until;
    }
  }

  clear() {
    this.tiles.forEach((tile, index) => {
      if (tile) this.#replace(index, null);
    });
    this.count = 0;
  }

  invert() {
    this.tiles.forEach((tile, index) => {
      this.#replace(index, tile === null ? FULL : tile === FULL ? null : tile.map((v) => 1 - v));
    });
    this.count = this.width * this.height - this.count;
  }

  /** Return rows of one bit a pixel, each begun by a 0, as a PNG wants them unfiltered. */
  rows() {
    const length = 1 + Math.ceil(this.width / 8);
    const rows = new Uint8Array(length * this.height);
    this.tiles.forEach((tile, index) => {
      if (!tile) return;
      const [left, top, right, bottom] = this.#box(index);
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) {
          if (tile[(y - top) * SIDE + x - left]) rows[y * length + 1 + (x >> 3)] |= 128 >> (x & 7);
        }
      }
    });
    return rows;
  }

  /** Return the tiles that changed since this was last asked: place, and marks or null. */
  takeStale() {
    const stale = [...this.stale].map((index) => {
      const [left, top] = this.#box(index);
      return { left, top, tile: this.tiles[index] };
    });
    this.stale.clear();
    return stale;
  }

  /** Let the next `takeStale` return all tiles. */
  touch() {
    this.tiles.forEach((_, index) => this.stale.add(index));
  }

  #box(index) {
    const left = (index % this.across) * SIDE;
    const top = Math.floor(index / this.across) * SIDE;
    return [left, top, Math.min(left + SIDE, this.width), Math.min(top + SIDE, this.height)];
  }

  #replace(index, tile) {
    if (!this.open.tiles.has(index)) this.open.tiles.set(index, this.tiles[index]);
    this.tiles[index] = tile;
    this.stale.add(index);
  }

  #writable(index) {
    const tile = this.tiles[index];
    if (this.open.own.has(tile)) this.stale.add(index);
    else {
      const copy = tile ? tile.slice() : new Uint8Array(SIDE * SIDE);
      this.open.own.add(copy);
      this.#replace(index, copy);
    }
    return this.tiles[index];
  }
}
