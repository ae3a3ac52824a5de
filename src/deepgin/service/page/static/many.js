// The page at work on several pictures: one mask over all, filled and downloaded together.

import { App } from "./app.js";
import { downloadOptions, fillOptions } from "./choices.js";
import { encode } from "./maskfile.js";
import * as panel from "./panel.js";
import { Queue } from "./queue.js";
import { Session } from "./session.js";
import { Strip } from "./strip.js";

const { byId, say } = panel;
// Milliseconds between downloads: browsers drop those that come at once.
const APART = 300;

export class ManyApp extends App {
  strip = new Strip((item) => this.choosePicture(item));

  get unsaved() {
    return super.unsaved || Boolean(this.queue?.unsaved);
  }

  /** Open one file, or several as a queue. */
  async openAll(files) {
    if (files.length === 1) return this.open(files[0]);
    if (!this.isFree()) return false;
    if (this.unsaved && !(await panel.mayLose())) return false;
    const queue = new Queue(files, this.limits);
    await this.during(async () => {
      for (const item of queue.items) {
        try {
          return this.#show(queue, item, await item.picture(this.limits));
        } catch (error) {
          item.why = error.message;
        }
      }
      throw new Error(`None of the ${files.length} files can be opened. ${queue.items[0].why}`);
    });
    if (!queue.current) return false;
    this.queue = queue;
    this.strip.open(queue);
    this.refresh();
    say(`${files.length} pictures are open. Paint once, then fill all.`);
    return true;
  }

  async open(file, name) {
    const opened = await super.open(file, name);
    if (opened) {
      this.queue = null;
      this.strip.open(null);
      this.refresh();
    }
    return opened;
  }

  /** Show another picture of the queue, under the mask of its size. */
  async choosePicture(item) {
    const { queue } = this;
    if (this.state !== "ready" || item === queue.current) return;
    await this.during(async () => {
      const picture = await item.picture(this.limits);
      await item.patch?.ready(picture);
      this.#show(queue, item, picture);
      panel.whisper(`${item.name} is shown.`);
    });
  }

  #show(queue, item, picture) {
    const session = new Session(picture, item.name, { mask: queue.maskOf(picture) });
    session.patch = item.patch;
    session.saved = item.saved;
    queue.current = item;
    this.take(session);
  }

  /** Fill all pictures with the mask; without one, those that the last mask left over. */
  async fillAll() {
    const { session, queue } = this;
    if (this.state !== "ready" || !queue) return;
    this.hand.finish();
    const { mask } = session;
    const stretch = byId("stretch").checked;
    const work = async (signal, shown) => {
      const { width, height } = mask;
      const items = queue.toFill(mask.count ? { blob: await encode(mask), width, height } : null);
      if (!items.length) throw new Error("Nothing is marked: paint what all pictures lose.");
      const begun = performance.now();
      const tell = (done) => {
        const spent = (performance.now() - begun) / 1000;
        const left = done < 1 ? null : (spent / done) * (items.length - done);
        shown.tell({ done, of: items.length, seconds_left: left });
      };
      const changed = async (item) => {
        if (item === queue.current && item.patch !== session.patch) {
          await item.patch.ready(session.picture);
          session.filled(item.patch);
          this.show();
        }
        await this.strip.update(item);
      };
      await queue.fill(items, { options: fillOptions(), stretch, signal, tell, changed });
      this.sum("Filled", items, shown);
    };
    await this.cancellable("Filling.", work, "Cancelled. What is filled stays.");
  }

  /** Download all that is filled, as single files or as one zip. */
  async downloadAll({ zip }) {
    const { session, queue } = this;
    if (this.state !== "ready" || !queue) return;
    if (!queue.filled.length) return say("Nothing is filled yet.");
    byId("saving").hidePopover();
    const items = queue.filled;
    const work = async (signal, shown) => {
      const tell = (done) => shown.tell({ done, of: items.length, seconds_left: null });
      const changed = (item) => this.strip.update(item);
      const give = async (blob, name) => {
        panel.download(blob, name);
        await new Promise((on) => setTimeout(on, APART));
      };
      await queue.encode({ options: downloadOptions, zip, signal, give, tell, changed });
      session.saved = queue.current.saved;
      this.sum("Downloaded", items, shown);
    };
    await this.cancellable("Encoding.", work);
  }

  /** Say how it went with all. */
  sum(what, items, shown) {
    const failed = items.filter(({ why }) => why).length;
    const failures = failed ? ` ${failed} failed: see the list below.` : "";
    const done = `${what} ${items.length - failed} of ${items.length} in ${shown.seconds()} s.`;
    say(done + failures, { wrong: failed > 0 });
  }

  refresh() {
    super.refresh();
    const { queue, session } = this;
    byId("all").hidden = !queue;
    byId("fill").textContent = queue ? "Fill this one" : "Fill";
    if (!queue) return;
    queue.current.patch = session.patch;
    queue.current.saved = session.saved;
    const ready = this.state === "ready";
    panel.enable("saver", ready && queue.filled.length > 0);
    this.strip.refresh(ready, session.mask);
  }
}
