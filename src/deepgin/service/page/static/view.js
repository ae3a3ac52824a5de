// Where the picture lies on the stage: zoom and pan. Lengths are CSS pixels; nothing is drawn here.

const MOST = 32;
// Of the stage, round a picture that is shown whole.
const MARGIN = 0.03;
// A small picture is enlarged to be worked on, but not until it is only blocks.
const FIT_MOST = 4;

export class View {
  /**
   * @param {HTMLElement} stage
   * @param {() => void} changed is called after every change.
   */
  constructor(stage, changed) {
    this.stage = stage;
    this.changed = changed;
    this.scale = 1;
    this.x = this.y = 0;
    this.size = { width: 1, height: 1 };
    this.fitted = true;
    new ResizeObserver(() => (this.fitted ? this.fit() : this.#settle())).observe(stage);
  }

  /** Take a picture's size and show all of it. */
  open(size) {
    this.size = { width: size.width, height: size.height };
    this.fit();
  }

  fit() {
    this.fitted = true;
    this.scale = Math.min(this.#fitting(), FIT_MOST);
    const { clientWidth, clientHeight } = this.stage;
    this.x = (clientWidth - this.size.width * this.scale) / 2;
    this.y = (clientHeight - this.size.height * this.scale) / 2;
    this.#settle();
  }

  /** Zoom by a factor about a point of the stage, by default its middle. */
  zoom(factor, at = this.middle) {
    const least = Math.min(this.#fitting(), 1) / 2;
    const scale = Math.min(Math.max(this.scale * factor, least), MOST);
    this.x = at.x - ((at.x - this.x) * scale) / this.scale;
    this.y = at.y - ((at.y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.fitted = false;
    this.#settle();
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.fitted = false;
    this.#settle();
  }

  /** The diameter of the largest circle that is well seen on the stage. */
  get room() {
    return 0.9 * Math.min(this.stage.clientWidth, this.stage.clientHeight);
  }

  get middle() {
    return { x: this.stage.clientWidth / 2, y: this.stage.clientHeight / 2 };
  }

  toPicture(at) {
    return { x: (at.x - this.x) / this.scale, y: (at.y - this.y) / this.scale };
  }

  toStage(at) {
    return { x: at.x * this.scale + this.x, y: at.y * this.scale + this.y };
  }

  #fitting() {
    const margin = MARGIN * Math.min(this.stage.clientWidth, this.stage.clientHeight);
    const width = Math.max(40, this.stage.clientWidth - 2 * margin);
    const height = Math.max(40, this.stage.clientHeight - 2 * margin);
    return Math.min(width / this.size.width, height / this.size.height);
  }

  // Some of the picture stays in sight.
  #settle() {
    const { clientWidth, clientHeight } = this.stage;
    const inside = (at, length, room) => Math.min(Math.max(at, 60 - length), room - 60);
    this.x = inside(this.x, this.size.width * this.scale, clientWidth);
    this.y = inside(this.y, this.size.height * this.scale, clientHeight);
    this.changed();
  }
}
