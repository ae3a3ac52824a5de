// A picture file as the page holds it: its own bytes, and a bitmap to show. No drawing here.

import { turnedAsMeant } from "./orientation.js";

// Larger ones are shown smaller: 200 MB as a bitmap, and what canvases take in all browsers.
const MOST_PIXELS = 50e6;
const MOST_SIDE = 16384;
const SHOWN_PIXELS = 16e6;

const UNSHOWN = [
  [/\.tiff?$/i, "TIFF"],
  [/\.(heic|heif|hif)$/i, "HEIC"],
  [/\.(jp2|j2k|jpx)$/i, "JPEG 2000"],
  [/\.(ppm|pgm|pnm)$/i, "PPM"],
  [/\.tga$/i, "TGA"],
  [/\.(dng|cr2|cr3|nef|arw|raf|orf|rw2)$/i, "raw"],
];

export class Picture {
  constructor(file, bitmap, width, height) {
    this.file = file;
    this.bitmap = bitmap;
    this.width = width;
    this.height = height;
  }

  /** Whether it is shown smaller than it is. */
  get reduced() {
    return this.bitmap !== null && this.bitmap.width < this.width;
  }

  /** Make sure that there is a bitmap. */
  async ready() {
    if (!this.bitmap) this.bitmap = (await decode(this.file)).bitmap;
  }

  /** Give the bitmap's memory back; the bytes stay. */
  rest() {
    this.bitmap?.close();
    this.bitmap = null;
  }
}

/**
 * Decode a file, upright.
 *
 * @param {File} file
 * @param {{whole?: boolean}} options whole: never show it smaller.
 * @throws {Error} with a sentence for people.
 */
export async function decode(file, { whole = false } = {}) {
  let bitmap;
  try {
    bitmap = await turnedAsMeant(file, await createImageBitmap(file));
  } catch {
    throw new Error(whyNot(file));
  }
  const { width, height } = bitmap;
  const large = width * height > MOST_PIXELS || Math.max(width, height) > MOST_SIDE;
  if (whole || !large) return new Picture(file, bitmap, width, height);
  const byArea = Math.sqrt(SHOWN_PIXELS / (width * height));
  const share = Math.min(byArea, MOST_SIDE / 2 / Math.max(width, height));
  const size = {
    resizeWidth: Math.max(1, Math.round(width * share)),
    resizeHeight: Math.max(1, Math.round(height * share)),
    resizeQuality: "medium",
  };
  const smaller = await createImageBitmap(bitmap, size);
  bitmap.close();
  return new Picture(file, smaller, width, height);
}

function whyNot(file) {
  if (!file.size) return `${file.name} is empty (0 bytes).`;
  const known = UNSHOWN.find(([ending]) => ending.test(file.name));
  const why = known
    ? `This browser shows no ${known[1]} pictures.`
    : `${file.name} is not a picture that this browser can show, or it is damaged or too large.`;
  return `${why} The command line may take it: deepgin inpaint PICTURE MASK -o RESULT.`;
}

/** Return the file as one whose bytes are in memory: the one on the disk may change or go. */
export async function held(file, name = file.name) {
  try {
    return new File([await file.arrayBuffer()], name, { type: file.type });
  } catch {
    throw new Error(`${name} cannot be read.`);
  }
}

const ENDINGS = {
  "image/png": ["png", "apng"],
  "image/jpeg": ["jpg", "jpeg", "jpe", "jfif"],
  "image/webp": ["webp"],
  "image/avif": ["avif"],
  "image/tiff": ["tif", "tiff"],
  "image/bmp": ["bmp"],
};

/** Return NAME-filled.ext: the picture's own ending, or that of what came back if it differs. */
export function filledName(name, type) {
  const [, stem, ending] = /^(.*?)(?:\.([^.]*))?$/s.exec(name);
  const endings = ENDINGS[type] ?? [ending ?? "png"];
  const fits = ending && endings.includes(ending.toLowerCase());
  return `${stem || "picture"}-filled.${fits ? ending : endings[0]}`;
}
