// What the service takes: a picture that is too large is refused before anything is painted.

// What a form has beside its files.
const FORM_BYTES = 1e5;

export class Limits {
  /** @param {{pixels: number, bytes: number}} limits of a picture, and of a request. */
  constructor({ pixels = Infinity, bytes = Infinity } = {}) {
    this.pixels = pixels;
    this.bytes = bytes;
  }

  /** @throws {Error} with a sentence for people. */
  checkBytes(size, name) {
    if (size + FORM_BYTES <= this.bytes) return;
    const mega = (bytes) => (bytes / 2 ** 20).toPrecision(3);
    throw new Error(
      `${name} has ${mega(size)} MB; the limit is ${mega(this.bytes)} MB. Make it smaller first.`,
    );
  }

  /** @throws {Error} with a sentence for people. */
  checkPixels({ width, height }, name) {
    if (width * height <= this.pixels) return;
    const mega = (pixels) => (pixels / 1e6).toPrecision(3);
    throw new Error(
      `${name} has ${width} × ${height} pixels (${mega(width * height)} million); the limit is ` +
        `${mega(this.pixels)} million. Make it smaller first.`,
    );
  }
}
