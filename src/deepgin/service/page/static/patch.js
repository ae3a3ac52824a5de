// What was filled so far: a rectangle of the picture, as an exact file of its own.

import { scaled } from "./picture.js";
import { preview } from "./service.js";

export class Patch {
  /** @param {Blob} blob @param {{x: number, y: number, width: number, height: number}} box */
  constructor(blob, box) {
    this.blob = blob;
    this.box = box;
    this.bitmap = null;
  }

  /** Make sure that there is a bitmap, which looks as the picture's own does. */
  async ready(picture) {
    if (this.bitmap) return;
    // CMYK comes as TIFF, for which every browser has another look, or none.
    if (this.blob.type === "image/tiff") await picture.preview();
    const shown = picture.previewed ? (await preview(picture.file, this)).blob : this.blob;
    const { width, height } = this.box;
    const share = picture.previewed ? 1 : picture.share;
    try {
      this.bitmap = await scaled(shown, share, width, height);
    } catch {
      throw new Error("The answer of the service is not a picture that this browser can show.");
    }
  }

  /** Give the bitmap's memory back; the file stays. */
  rest() {
    this.bitmap?.close();
    this.bitmap = null;
  }
}
