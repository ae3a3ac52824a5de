// Masks as files: writing one as PNG of one bit a pixel, reading any picture as a mask.

import { checksum } from "./checksum.js";
import { decode } from "./picture.js";

const STRIP = 256;

/**
 * Return the mask as a PNG of exactly the picture's size, white where it is marked.
 *
 * It is written here and not by a canvas, which would be limited in size and could change values.
 */
export async function encode(mask) {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, mask.width);
  header.setUint32(4, mask.height);
  header.setUint8(8, 1); // Bit depth; colour type, compression, filter and interlacing are 0.
  const packing = new Blob([mask.rows()]).stream().pipeThrough(new CompressionStream("deflate"));
  const packed = new Uint8Array(await new Response(packing).arrayBuffer());
  const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
  const parts = [
    signature,
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("IDAT", packed),
    chunk("IEND", new Uint8Array(0)),
  ];
  return new Blob(parts, { type: "image/png" });
}

function chunk(name, data) {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set([...name].map((letter) => letter.charCodeAt(0)), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, checksum(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/**
 * Put a file's marks in place of the mask's: white, at or above half, is marked. Where the colours
 * are the same everywhere and the alpha is not, the alpha is meant.
 */
export async function load(mask, file) {
  const picture = await decode(file, { whole: true });
  try {
    if (picture.width !== mask.width || picture.height !== mask.height) {
      throw new Error(
        `The mask is ${picture.width} × ${picture.height} pixels and the picture ` +
          `${mask.width} × ${mask.height}: they must be of one size.`,
      );
    }
    const byAlpha = saysNothing(picture.bitmap);
    mask.clear();
    for (const [top, pixels] of strips(picture.bitmap)) write(mask, top, pixels, byAlpha);
  } finally {
    picture.rest();
  }
}

function* strips(bitmap) {
  const canvas = new OffscreenCanvas(bitmap.width, Math.min(STRIP, bitmap.height));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  for (let top = 0; top < bitmap.height; top += STRIP) {
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, -top);
    const height = Math.min(STRIP, bitmap.height - top);
    yield [top, context.getImageData(0, 0, bitmap.width, height).data];
  }
}

function saysNothing(bitmap) {
  let alpha = false;
  let colour = null;
  for (const [, pixels] of strips(bitmap)) {
    for (let i = 0; i < pixels.length; i += 4) {
      alpha ||= pixels[i + 3] < 255;
      // A canvas keeps no colours under alpha 0, and few under little.
      if (pixels[i + 3] < 255) continue;
      const here = (pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2];
      colour ??= here;
      if (here !== colour) return false;
    }
  }
  return alpha;
}

function write(mask, top, pixels, byAlpha) {
  const marked = (i) =>
    byAlpha
      ? pixels[i + 3] >= 128
      : 0.299 * pixels[i] + 0.587 * pixels[i + 1] + 0.114 * pixels[i + 2] >= 127.5;
  for (let y = 0; y < pixels.length / 4 / mask.width; y++) {
    let from = -1;
    for (let x = 0; x <= mask.width; x++) {
      const on = x < mask.width && marked((y * mask.width + x) * 4);
      if (on && from < 0) from = x;
      if (!on && from >= 0) {
        mask.span(top + y, from, x, 1);
        from = -1;
      }
    }
  }
}
