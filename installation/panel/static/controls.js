// GO, hold, blackout and STOP: each shows what the show has confirmed, never what was wished.

import { mark, pick, tell } from "./dom.js";
import { onHold, onTap } from "./press.js";
import { standbyWords } from "./words.js";

/** @typedef {import("./status.js").View} View */
/** @typedef {import("./desk.js").Verb} Verb */

/** Rearm takes the place of Hold; a tap meant for Hold must not meet it. */
const REARM_AFTER_MS = 1000;

/** @type {Record<string, HTMLButtonElement>} */
const keys = Object.fromEntries(
  ["go", "hold", "rearm", "blackout", "stop"].map((id) => [id, pick(id)]));
const notes = {
  go: pick("go-note"), hold: pick("hold-note"), blackout: pick("blackout-note"),
  stop: pick("stop-note"),
};
const names = { hold: pick("hold-name"), blackout: pick("blackout-name"), stop: pick("stop-name") };
const notice = pick("notice");

/** @type {View} */
let shown = { status: null, stale: true };
let stoppedMs = 0;

/**
 * @param {import("./desk.js").Desk} desk
 */
export function connect(desk) {
  onTap(keys.go, () => desk.ask("go"));
  onTap(keys.hold, () => desk.ask(shown.status?.held ? "resume" : "hold"));
  onTap(keys.rearm, () => desk.ask("rearm"));
  onTap(keys.stop, () => desk.ask("stop"));
  onHold(keys.blackout, pick("blackout-fill"), {
    easy: () => Boolean(shown.status?.blackout),
    fire: () => desk.ask("blackout"),
    tap: () => desk.ask("light"),
  });
}

/**
 * @param {View} view
 * @param {import("./desk.js").Desk} desk
 */
export function render(view, desk) {
  shown = view;
  const { status, stale } = view;
  const stopped = Boolean(status?.stopped) && !stale;
  const held = Boolean(status?.held);
  const dark = Boolean(status?.blackout);
  stoppedMs = stopped ? stoppedMs || performance.now() : 0;

  keys.hold.hidden = stopped;
  keys.rearm.hidden = !stopped;
  tell(notes.go, goNote(view));
  tell(names.hold, held ? "Resume" : "Hold");
  tell(notes.hold, held ? "the show waits" : "the show waits where it is");
  tell(names.blackout, dark ? "Light again" : "Blackout");
  tell(notes.blackout, dark ? "the room is dark" : "keep it pressed: picture and sound off");
  tell(names.stop, stopped ? "Stopped" : "STOP");
  tell(notes.stop, stopped ? "all faded out, house lights up" : "fades all out, house lights up");

  mark(keys.hold, "data-on", held);
  mark(keys.blackout, "data-on", dark);
  mark(keys.stop, "data-on", stopped);
  setUp(keys.go, desk, ["go"], stale || held || stopped);
  setUp(keys.hold, desk, ["hold", "resume"], stale);
  setUp(keys.rearm, desk, ["rearm"], performance.now() - stoppedMs < REARM_AFTER_MS);
  setUp(keys.blackout, desk, ["blackout", "light"], stale);
  setUp(keys.stop, desk, ["stop"], false);

  tell(notice, desk.notice?.text ?? "");
  mark(notice, "data-good", desk.notice ? desk.notice.good : null);
}

/**
 * @param {View} view
 */
function goNote({ status, stale }) {
  if (status === null) return "";
  if (!stale && status.stopped) return "Rearm the show first";
  if (status.held) return "Resume the show first";
  return standbyWords(status.standby, status.acts);
}

/**
 * @param {HTMLButtonElement} key
 * @param {import("./desk.js").Desk} desk
 * @param {Verb[]} verbs the commands that it gives
 * @param {boolean} off
 */
function setUp(key, desk, verbs, off) {
  mark(key, "aria-disabled", off);
  mark(key, "aria-busy", verbs.some((verb) => desk.waits(verb)));
  const said = desk.notice;
  mark(key, "data-refused", said !== null && !said.good && verbs.includes(said.verb));
}
