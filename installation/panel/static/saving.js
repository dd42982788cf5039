// What was just played, saved for later: for `installation replay`.

import { mark, pick, tell } from "./dom.js";
import { onTap } from "./press.js";
import { sentenceCase } from "./words.js";

const ANSWER_MS = 12000;
const SAID_MS = 30000;

/** @type {HTMLButtonElement} */
const button = pick("save");
const said = pick("saved");
let forget = 0;

export function connect() {
  onTap(button, save);
}

async function save() {
  mark(button, "aria-disabled", true);
  say("Saving …", true);
  try {
    const response = await fetch("/api/save",
      { method: "POST", signal: AbortSignal.timeout(ANSWER_MS) });
    const told = await response.json();
    say(`${sentenceCase(String(told.why || `status ${response.status}`))}.`, told.done === true);
  } catch (mistake) {
    if (!(mistake instanceof TypeError || mistake instanceof DOMException
      || mistake instanceof SyntaxError)) throw mistake;
    say("Not saved: the panel's computer does not answer.", false);
  } finally {
    mark(button, "aria-disabled", false);
  }
}

/**
 * @param {string} text
 * @param {boolean} good
 */
function say(text, good) {
  clearTimeout(forget);
  tell(said, text);
  mark(said, "title", text || null);
  mark(said, "data-good", good);
  if (text) forget = setTimeout(() => say("", true), SAID_MS);
}
