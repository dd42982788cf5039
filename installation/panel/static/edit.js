// What became of the newest edit of the show's files.

import { make, mark, pick, tell } from "./dom.js";
import { list } from "./words.js";

/** @typedef {import("./status.js").Status} Status */
/** @typedef {import("./status.js").Edit} Edit */

/** So many mistakes are listed: the terminal has them all. */
const MOST = 4;

const BECAME = {
  playing: "plays now",
  waiting: "takes effect at the next scene",
  restart: "nodes or surfaces changed, restart to take this up",
  mistaken: "not loaded",
};

/**
 * @param {Status} status
 */
export function render({ edit }) {
  const said = edit ? sentence(edit) : "";
  pick("edit").hidden = !said;
  mark(pick("edit"), "data-level", edit && calm(edit) ? "ok" : "busy");
  tell(pick("edit-sentence"), said);
  const lines = edit ? mistakes(edit) : [];
  const shown = pick("edit-mistakes");
  if (shown.textContent !== lines.join("")) {
    shown.replaceChildren(...lines.map((line) => make("li", "", line)));
  }
}

/**
 * @param {Edit} edit
 */
function calm({ state }) {
  return state === "playing" || state === "waiting";
}

/**
 * `Edited 12:03, takes effect at the next scene: acts/rumour.yaml`; empty before the first edit.
 * @param {Edit} edit
 */
function sentence({ state, edited, files, mistakes: found }) {
  if (!files.length && !found.length) return "";
  const when = edited ? `Edited ${edited}, ` : "The show's files: ";
  const count = found.length === 1 ? "1 mistake" : `${found.length} mistakes`;
  const became = state === "mistaken" ? `${BECAME.mistaken}: ${count}` : BECAME[state];
  const named = state === "mistaken" || !files.length ? "" : `: ${list(files)}`;
  return `${when}${became}${named}.`;
}

/**
 * @param {Edit} edit
 * @returns {string[]} `acts/rumour.yaml:12:5: …`
 */
function mistakes({ mistakes: found }) {
  if (found.length <= MOST) return found;
  return [...found.slice(0, MOST - 1), `and ${found.length - MOST + 1} more`];
}
