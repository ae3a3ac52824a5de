// One thing at a time: the work that goes on, how it is given up, and what is said of it.

import * as panel from "./panel.js";

const { say } = panel;

/** Why a filling is given up that the person's next deed replaces. */
export const REPLACED = "replaced";

export class Tasks {
  state = "empty";
  cancelling = null;
  /** Whether the work is a filling that the end of a stroke began. */
  eager = false;

  /** Return whether nothing is in work; if something is, say so. */
  isFree() {
    if (this.state !== "busy") return true;
    say("One thing at a time: wait, or cancel the filling.");
    return false;
  }

  /** Do one thing at a time; what fails is said and changes nothing. */
  async during(work) {
    const before = this.state;
    this.state = "busy";
    this.hand.abandon();
    this.refresh();
    try {
      await work();
    } catch (error) {
      say(error.message, { wrong: true });
    } finally {
      this.cancelling = null;
      this.eager = false;
      this.state = this.session ? "ready" : before;
      this.refresh();
    }
  }

  /** Do one thing that shows how far it is, and that can be given up. */
  async cancellable(what, work, cancelled = "Cancelled. Nothing has changed.") {
    this.cancelling = new AbortController();
    const { signal } = this.cancelling;
    await this.during(async () => {
      panel.whisper(what);
      const shown = panel.working();
      try {
        await work(signal, shown);
      } catch (error) {
        if (!signal.aborted) throw error;
        if (signal.reason !== REPLACED) say(cancelled);
      } finally {
        shown.done();
      }
    });
  }
}
