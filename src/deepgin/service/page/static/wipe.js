// The slider over the stage that wipes between before and after.

import { byId } from "./panel.js";

// Of the slider's handle, as in style.css.
const HANDLE = 44;

export class Wipe {
  on = false;

  /** @param {HTMLElement} stage @param {() => void} changed is called when it is moved. */
  constructor(stage, changed) {
    this.stage = stage;
    this.changed = changed;
    this.slider = byId("wipe");
    this.slider.addEventListener("input", () => {
      this.#tell();
      changed();
    });
    this.#tell();
  }

  /** The line between before, left, and after, in CSS pixels of the stage. */
  get x() {
    const share = Number(this.slider.value) / 100;
    return HANDLE / 2 + share * (this.stage.clientWidth - HANDLE);
  }

  toggle() {
    this.on = !this.on;
    this.slider.hidden = !this.on;
    this.changed();
  }

  close() {
    if (this.on) this.toggle();
  }

  #tell() {
    const share = Math.round(Number(this.slider.value));
    this.slider.setAttribute("aria-valuetext", `left ${share} % as before`);
  }
}
