// Commands: sent, pending until the show has confirmed, and refused or failed for all to see.

import { sentenceCase } from "./words.js";

/** @typedef {import("./status.js").Status} Status */
/** @typedef {"go"|"hold"|"resume"|"blackout"|"light"|"stop"|"rearm"} Verb */
/** @typedef {{verb: Verb, text: string, good: boolean}} Notice */

const ANSWER_MS = 2000;
const NOTICE_MS = 6000;

/** How the status shows that a command has been carried out. GO has no such mark. */
const SHOWN = {
  go: () => true,
  hold: (/** @type {Status} */ s) => s.held,
  resume: (/** @type {Status} */ s) => !s.held,
  blackout: (/** @type {Status} */ s) => s.blackout,
  light: (/** @type {Status} */ s) => !s.blackout,
  stop: (/** @type {Status} */ s) => s.stopped,
  rearm: (/** @type {Status} */ s) => !s.stopped,
};

const NAMES = {
  go: "GO", hold: "Hold", resume: "Resume", blackout: "Blackout", light: "Light again",
  stop: "STOP", rearm: "Rearm",
};

export class Desk {
  /**
   * @param {() => void} changed
   */
  constructor(changed) {
    this._changed = changed;
    /** @type {Map<Verb, {answered: boolean, timer: number}>} */
    this._pending = new Map();
    /** @type {Notice|null} what became of the newest command, where it has to be said */
    this.notice = null;
    this._forget = 0;
    /** @type {import("./status.js").View} */
    this._view = { status: null, stale: true };
  }

  /**
   * @param {Verb} verb
   */
  waits(verb) {
    return this._pending.has(verb);
  }

  /**
   * The newest view: it may show what a command asked for.
   * @param {import("./status.js").View} view
   */
  see(view) {
    this._view = view;
    for (const [verb, pending] of this._pending) {
      if (pending.answered && this._shown(verb)) this._settle(verb);
    }
  }

  /**
   * @param {Verb} verb
   */
  async ask(verb) {
    const controller = new AbortController();
    clearTimeout(this._pending.get(verb)?.timer);
    const pending = { answered: false, timer: 0 };
    pending.timer = setTimeout(() => {
      controller.abort();
      if (this._pending.get(verb) === pending) this._fail(verb, "no answer within 2 seconds");
    }, ANSWER_MS);
    this._pending.set(verb, pending);
    this._say(null);
    let why;
    try {
      why = await post(verb, controller.signal);
    } catch (mistake) {
      if (!(mistake instanceof TypeError || mistake instanceof DOMException)) throw mistake;
      why = "the panel's computer cannot be reached";
    }
    if (this._pending.get(verb) !== pending) return;
    if (why) {
      this._fail(verb, why);
      return;
    }
    pending.answered = true;
    if (this._shown(verb)) this._settle(verb);
  }

  /**
   * An old view shows nothing: the answer has to do.
   * @param {Verb} verb
   */
  _shown(verb) {
    const { status, stale } = this._view;
    return stale || status === null || SHOWN[verb](status);
  }

  /**
   * @param {Verb} verb
   */
  _settle(verb) {
    clearTimeout(this._pending.get(verb)?.timer);
    this._pending.delete(verb);
    const unseen = this._view.stale && { verb, good: true, text: `${NAMES[verb]} is confirmed.` };
    this._say(unseen || this.notice);
  }

  /**
   * @param {Verb} verb
   * @param {string} why
   */
  _fail(verb, why) {
    clearTimeout(this._pending.get(verb)?.timer);
    this._pending.delete(verb);
    const text = why.startsWith(NAMES[verb]) ? why : `${NAMES[verb]}: ${why}`;
    const again = verb === "stop" ? " Press it again." : "";
    this._say({ verb, good: false, text: `${sentenceCase(text)}.${again}` });
  }

  /**
   * @param {Notice|null} notice
   */
  _say(notice) {
    clearTimeout(this._forget);
    this.notice = notice;
    if (notice) this._forget = setTimeout(() => this._say(null), NOTICE_MS);
    this._changed();
  }
}

/**
 * @param {Verb} verb
 * @param {AbortSignal} signal
 * @returns {Promise<string>} why not; empty where it was done
 */
async function post(verb, signal) {
  const response = await fetch("/api/command", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ verb }),
    signal,
  });
  try {
    const told = await response.json();
    return response.ok && told.done ? "" : String(told.why || `status ${response.status}`);
  } catch (mistake) {
    if (mistake instanceof SyntaxError) return `the panel answered with status ${response.status}`;
    throw mistake;
  }
}
