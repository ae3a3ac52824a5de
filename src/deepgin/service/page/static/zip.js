// Zip archives without compression: pictures are compressed already.

import { checksum } from "./checksum.js";

// Larger ones need another form of the format (zip64), which is not written here.
const MOST_BYTES = 2 ** 32 - 1;
const MOST_FILES = 65535;
const UTF8 = 1 << 11;
const VERSION = 20;

/** Collects files; `blob` returns the archive. */
export class Zip {
  #parts = [];
  #entries = [];
  #length = 0;

  /** @throws {Error} with a sentence for people, if the archive would be too large. */
  async add(name, file, date = new Date()) {
    const path = new TextEncoder().encode(name);
    if (this.#length + file.size + 1e7 > MOST_BYTES || this.#entries.length === MOST_FILES) {
      throw new Error("A zip file holds 4 GB at most: download single files instead.");
    }
    const sum = checksum(new Uint8Array(await file.arrayBuffer()));
    const facts = [UTF8, 0, timeOf(date), dayOf(date), [sum], [file.size], [file.size]];
    const head = numbers([0x04034b50], VERSION, ...facts, path.length, 0);
    this.#entries.push(
      numbers([0x02014b50], VERSION, VERSION, ...facts, path.length, 0, 0, 0, 0, [0], [this.#length]),
      path,
    );
    this.#parts.push(head, path, file);
    this.#length += head.length + path.length + file.size;
  }

  blob() {
    const size = this.#entries.reduce((sum, part) => sum + part.length, 0);
    const count = this.#entries.length / 2;
    const end = numbers([0x06054b50], 0, 0, count, count, [size], [this.#length], 0);
    return new Blob([...this.#parts, ...this.#entries, end], { type: "application/zip" });
  }
}

// Two bytes for a number, four for one in brackets; the lowest first.
function numbers(...values) {
  const bytes = [];
  for (const value of values) {
    const [number, length] = Array.isArray(value) ? [value[0], 4] : [value, 2];
    for (let i = 0; i < length; i++) bytes.push((number >>> (8 * i)) & 255);
  }
  return Uint8Array.from(bytes);
}

const timeOf = (date) =>
  (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1);

const dayOf = (date) =>
  ((date.getFullYear() - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate();
