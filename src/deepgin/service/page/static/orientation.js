// EXIF orientation of WebP files, which browsers do not agree on; they turn JPEG, PNG and AVIF.

// 2 x 1 pixels that are to be turned by a quarter.
const PROBE =
  "UklGRk4AAABXRUJQVlA4WAoAAAAIAAAAAQAAAAAAVlA4TA4AAAAvAQAAAAcQ" +
  "Ef0PRET/A0VYSUYaAAAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAA=";

const TURNS = {
  2: [-1, 0, 0, 1],
  3: [-1, 0, 0, -1],
  4: [1, 0, 0, -1],
  5: [0, 1, 1, 0],
  6: [0, 1, -1, 0],
  7: [0, -1, -1, 0],
  8: [0, -1, 1, 0],
};

/** Return the bitmap turned as its file says, if this browser has not done so. */
export async function turnedAsMeant(file, bitmap) {
  const orientation = await webpOrientation(file);
  if (!TURNS[orientation] || (await browserTurns())) return bitmap;
  const [a, b, c, d] = TURNS[orientation];
  const [width, height] = a ? [bitmap.width, bitmap.height] : [bitmap.height, bitmap.width];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  context.setTransform(a, b, c, d, a + c < 0 ? width : 0, b + d < 0 ? height : 0);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.transferToImageBitmap();
}

async function browserTurns() {
  const bytes = Uint8Array.from(atob(PROBE), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/webp" }));
  return bitmap.width === 1;
}

/** Return 1 to 8; 1 where the file is no WebP or does not say. */
export async function webpOrientation(file) {
  const head = new DataView(await file.slice(0, 12).arrayBuffer());
  if (head.byteLength < 12 || text(head, 0) !== "RIFF" || text(head, 8) !== "WEBP") return 1;
  for (let at = 12; at + 8 <= file.size; ) {
    const chunk = new DataView(await file.slice(at, at + 8).arrayBuffer());
    const length = chunk.getUint32(4, true);
    if (text(chunk, 0) === "EXIF") {
      return orientationIn(new DataView(await file.slice(at + 8, at + 8 + length).arrayBuffer()));
    }
    at += 8 + length + (length % 2);
  }
  return 1;
}

function orientationIn(exif) {
  try {
    const start = text(exif, 0) === "Exif" ? 6 : 0;
    const little = text(exif, start, 2) === "II";
    const table = start + exif.getUint32(start + 4, little);
    for (let i = 0; i < exif.getUint16(table, little); i++) {
      const entry = table + 2 + 12 * i;
      if (exif.getUint16(entry, little) === 0x0112) return exif.getUint16(entry + 8, little);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // Damaged EXIF says nothing.
  }
  return 1;
}

function text(view, at, length = 4) {
  const letters = Array.from({ length }, (_, i) => view.getUint8(at + i));
  return String.fromCharCode(...letters);
}
