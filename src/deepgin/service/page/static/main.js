// Starts the page.

import { offerNetworks, remember } from "./choices.js";
import { GrowingApp } from "./growing.js";
import { listen } from "./inputs.js";
import { Limits } from "./limits.js";
import * as panel from "./panel.js";
import * as service from "./service.js";

const { say } = panel;

function checkBrowser() {
  const known = "CompressionStream" in window && "popover" in HTMLElement.prototype;
  if (!known) throw new Error("This browser is too old for this page: use one of 2024 or later.");
}

async function begin(app) {
  try {
    app.limits = new Limits(await service.limits());
    const file = await service.firstPicture();
    if (file) await app.open(file);
  } catch (error) {
    say(error.message, { wrong: true });
  }
  offerNetworks(await service.networks());
  panel.byId("canvas").hidden = !(await service.takes("extend"));
}

try {
  panel.tellWhere();
  checkBrowser();
  service.door.ask = panel.askToken;
  const app = new GrowingApp();
  remember(
    ({ tool, share }) => {
      if (tool in app.tools) app.choose(tool);
      if (share > 0 && share <= 1) app.size.share = share;
    },
    () => ({ tool: app.toolName, share: app.size.share }),
  );
  listen(app);
  // Without an answer there is no choice; filling says what is wrong.
  begin(app).catch(() => {});
} catch (error) {
  panel.enable("choose", false);
  say(error.message, { wrong: true });
}
