// The page: news comes in, one `render` shows it, taps go to the desk.

import * as controls from "./controls.js";
import { Desk } from "./desk.js";
import { make, mark, pick, tell } from "./dom.js";
import * as edit from "./edit.js";
import { judge } from "./health.js";
import * as picture from "./picture.js";
import * as processes from "./processes.js";
import * as saving from "./saving.js";
import * as sensors from "./sensors.js";
import { feed } from "./socket.js";
import { parse, STALE_MS } from "./status.js";
import { clock, readable } from "./words.js";

const LOOK_MS = 250;

/** @type {import("./status.js").View} */
let view = { status: null, stale: true };
let heardMs = -STALE_MS;
const desk = new Desk(() => controls.render(view, desk));

/**
 * Everything on the page, from one view.
 * @param {import("./status.js").View} now
 */
function render(now) {
  const { status, stale } = now;
  mark(document.body, "data-stale", stale);
  const health = judge(status, stale);
  tell(pick("sentence"), health.sentence);
  mark(pick("health"), "data-level", health.level);
  mark(/** @type {Element} */ (pick("health").firstElementChild), "data-level", health.level);
  picture.render(now);
  desk.see(now);
  controls.render(now, desk);
  if (status !== null) describe(status);
}

/**
 * @param {import("./status.js").Status} status
 */
function describe(status) {
  tell(pick("show"), status.title);
  tell(pick("act"), status.act_title || "–");
  tell(pick("scene"), readable(status.scene));
  tell(pick("scene-time"), clock(status.scene_elapsed_s));
  tell(pick("act-time"), clock(status.act_elapsed_s));
  tell(pick("show-time"), clock(status.played_s));
  edit.render(status);
  document.title = status.act_title ? `${status.act_title} – ${status.title}` : "Panel";
  const modes = [status.stopped && "Stopped", status.blackout && "Blackout",
    status.held && !status.stopped && "Held"].filter((word) => typeof word === "string");
  const shown = pick("modes");
  if (shown.textContent !== modes.join("")) {
    shown.replaceChildren(...modes.map((word) => make("li", "", word)));
  }
}

/**
 * @param {unknown} message
 */
function hear(message) {
  const status = parse(message);
  if (status === null) return;
  heardMs = performance.now();
  view = { status, stale: false };
  sensors.render(status);
  processes.render(status);
  render(view);
}

/** Nothing heard is news too. */
function look() {
  view = { status: view.status, stale: performance.now() - heardMs > STALE_MS };
  render(view);
}

controls.connect(desk);
sensors.connect();
saving.connect();
picture.connect();
feed("/feed/state", hear).want(true);
setInterval(look, LOOK_MS);
document.addEventListener("visibilitychange", look);
look();
