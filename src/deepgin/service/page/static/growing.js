// The page at work on a picture that grows: what is new round it is filled.

import { fillOptions } from "./choices.js";
import { Frame } from "./frame.js";
import { ManyApp } from "./many.js";
import { encode } from "./maskfile.js";
import * as panel from "./panel.js";
import { decode } from "./picture.js";
import * as service from "./service.js";
import { Session } from "./session.js";

const { byId, say } = panel;

export class GrowingApp extends ManyApp {
  frame = new Frame(this.view);

  /** Where the frame is out, fill what is new, and what is marked. */
  async fill(how) {
    if (!this.frame.on) return super.fill(how);
    if (this.state !== "ready") return;
    const extend = this.frame.value;
    if (!extend) return say("Drag an edge of the frame outwards first.");
    const { session } = this;
    await this.cancellable("Filling.", async (signal, work) => {
      const { file } = session.picture;
      const mask = session.mask.count ? await encode(session.mask) : null;
      const options = { ...fillOptions(), extend, format: "png" };
      const answer = await service.grown(file, session.patch, mask, options, signal, work.tell);
      const name = `${session.name.replace(/\.[^.]*$/, "")}.png`;
      this.limits.checkBytes(answer.blob.size, "The larger picture");
      const picture = await decode(new File([answer.blob], name, { type: answer.blob.type }));
      if (signal.aborted) picture.rest();
      signal.throwIfAborted();
      this.take(new Session(picture, name, { origin: session }));
      say(`Filled in ${work.seconds()} s. ${this.session.news(answer.warnings)}`.trim());
    });
  }

  /** Undo: before all that was done to a picture that grew, it was smaller. */
  step(way) {
    const { session } = this;
    if (way === "redo" || !session.origin || session.past.length) return super.step(way);
    if (this.state !== "ready") return;
    this.during(async () => {
      const { origin } = session;
      origin.picture = await decode(origin.picture.file);
      await origin.patch?.ready(origin.picture);
      this.take(origin);
      panel.whisper("Undone.");
    });
  }

  mayBegin() {
    return !this.frame.on && super.mayBegin();
  }

  take(session) {
    this.frame.toggle(false);
    super.take(session);
  }

  grow() {
    if (this.state === "ready" && !this.queue) this.frame.toggle();
    this.refresh();
  }

  refresh() {
    super.refresh();
    const on = Boolean(this.frame?.on);
    panel.enable("grow", this.state === "ready" && !this.queue);
    if (on) byId("fill").textContent = "Fill what is new";
  }

  moved() {
    super.moved();
    this.frame?.place();
  }
}
