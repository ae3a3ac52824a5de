// A picture file as the page holds it: its own bytes, and a bitmap to show. No drawing here.

import { turnedAsMeant } from "./orientation.js";
import { preview } from "./service.js";

// Larger ones are shown smaller: 200 MB as a bitmap, and what canvases take in all browsers.
const MOST_PIXELS = 50e6;
const MOST_SIDE = 16384;
const SHOWN_PIXELS = 16e6;

// Those are opened by what is in them beside the photograph, or not at all.
const RAW = /\.(dng|cr2|cr3|nef|arw|raf|orf|rw2)$/i;

export class Picture {
  constructor(file, bitmap, width, height, previewed = false) {
    this.file = file;
    this.bitmap = bitmap;
    this.width = width;
    this.height = height;
    /** Whether the service made the bitmap. */
    this.previewed = previewed;
  }

  /** The bitmap's size as a share of the picture's. */
  get share() {
    return this.bitmap.width / this.width;
  }

  /** Whether it is shown smaller than it is. */
  get reduced() {
    return this.share < 1;
  }

  /** Show it as the service sees it, so that the service's patches look the same. */
  async preview() {
    if (this.previewed) return;
    const { bitmap } = await previewed(this.file);
    this.rest();
    this.bitmap = bitmap;
    this.previewed = true;
  }

  /** Give the bitmap's memory back. */
  rest() {
    this.bitmap.close();
  }
}

/**
 * Decode a file, upright; what the browser cannot show, the service does.
 *
 * @param {File} file
 * @param {{whole?: boolean}} options whole: never show it smaller.
 * @throws {Error} with a sentence for people.
 */
export async function decode(file, { whole = false } = {}) {
  if (!file.size) throw new Error(`${file.name} is empty (0 bytes).`);
  if (RAW.test(file.name)) throw new Error(`${file.name} is a raw file: develop it first.`);
  const bitmap = await decoded(file);
  const picture = bitmap
    ? new Picture(file, bitmap, bitmap.width, bitmap.height)
    : await previewed(file);
  const { width, height } = picture;
  const large = width * height > MOST_PIXELS || Math.max(width, height) > MOST_SIDE;
  if (whole && picture.reduced) throw new Error(`${file.name} is too large for a mask here.`);
  if (whole || !large || picture.reduced) return picture;
  const byArea = Math.sqrt(SHOWN_PIXELS / (width * height));
  const share = Math.min(byArea, MOST_SIDE / 2 / Math.max(width, height));
  const smaller = await scaled(picture.bitmap, share, width, height);
  picture.rest();
  picture.bitmap = smaller;
  return picture;
}

async function decoded(file) {
  try {
    return await turnedAsMeant(file, await createImageBitmap(file));
  } catch {
    return null;
  }
}

async function previewed(file) {
  try {
    const { blob, width, height } = await preview(file);
    return new Picture(file, await createImageBitmap(blob), width, height, true);
  } catch (error) {
    throw new Error(`${file.name}: ${error.message}`);
  }
}

/** Return an image as a bitmap at a share of its size. */
export function scaled(image, share, width, height) {
  if (share >= 1) return createImageBitmap(image);
  return createImageBitmap(image, {
    resizeWidth: Math.max(1, Math.round(width * share)),
    resizeHeight: Math.max(1, Math.round(height * share)),
    resizeQuality: "medium",
  });
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
