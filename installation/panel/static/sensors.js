// Every node with its channels, and every signal made from them.

import { keep, make, makeMark, mark, pick, tell } from "./dom.js";
import { Trace } from "./trace.js";
import { readable } from "./words.js";

/** @typedef {import("./status.js").NodeStatus} NodeStatus */
/** @typedef {import("./status.js").Status} Status */
/** @typedef {import("./status.js").Level} Level */
/** @typedef {{root: HTMLElement, list: HTMLElement, traces: Map<string, Trace>}} Group */
/** @typedef {Group & {shape: HTMLElement, word: HTMLElement, rate: HTMLElement,
 *   why: HTMLElement}} Card */

const sensors = pick("sensors");
const signals = pick("signals");
const tabs = { sensors: pick("show-sensors"), signals: pick("show-signals") };
/** @type {Map<string, Card>} */
const cards = new Map();
/** @type {Map<string, Trace>} */
const traces = new Map();

export function connect() {
  tabs.sensors.addEventListener("click", () => choose(true));
  tabs.signals.addEventListener("click", () => choose(false));
}

/**
 * @param {boolean} chosen whether the sensors are listed, else the signals
 */
function choose(chosen) {
  sensors.hidden = !chosen;
  signals.hidden = chosen;
  mark(tabs.sensors, "aria-pressed", chosen);
  mark(tabs.signals, "aria-pressed", !chosen);
}

/**
 * Draws one status more: each trace grows by it.
 * @param {Status} status
 */
export function render(status) {
  keep(sensors, cards, status.nodes.map((node) => node.name), makeCard);
  for (const node of status.nodes) {
    const card = /** @type {Card} */ (cards.get(node.name));
    describe(card, node);
    drawAll(card.list, card.traces, node.channels, status.channels);
  }
  drawAll(signals, traces, Object.keys(status.signals), status.signals);
}

/**
 * @param {HTMLElement} parent
 * @param {Map<string, Trace>} kept
 * @param {string[]} names
 * @param {Record<string, number|null>} values
 */
function drawAll(parent, kept, names, values) {
  keep(parent, kept, names, (name) => new Trace(name));
  const seen = !parent.closest("[hidden]");
  for (const [name, trace] of kept) {
    trace.push(values[name] ?? null);
    if (seen) trace.draw();
  }
}

/**
 * @param {string} name
 * @returns {Card}
 */
function makeCard(name) {
  const shape = makeMark();
  const word = make("span", "word");
  const rate = make("span", "rate");
  const why = make("p", "why");
  const list = make("ul", "traces");
  const title = make("h2", "node-name", shape, readable(name));
  const head = make("header", "node-head", title, make("p", "node-state", word, rate));
  const root = make("section", "node", head, why, list);
  return { root, shape, word, rate, why, list, traces: new Map() };
}

/**
 * @param {Card} card
 * @param {NodeStatus} node
 */
function describe(card, node) {
  const [level, word] = condition(node);
  mark(card.root, "data-level", level);
  mark(card.shape, "data-level", level);
  tell(card.word, word);
  tell(card.rate, node.state === "live" ? `${node.rate_hz.toFixed(0)} Hz` : "");
  tell(card.why, node.state === "live" ? "" : node.why);
  mark(card.why, "title", node.state === "live" ? null : node.why);
  const counts = `${node.dropped} frames dropped, ${node.corrupt} corrupt`;
  mark(card.rate, "title", node.state === "live" ? counts : null);
}

/**
 * @param {NodeStatus} node
 * @returns {[Level, string]}
 */
function condition(node) {
  if (node.state === "live") return ["ok", "Live"];
  if (node.state === "greeting") return node.why ? ["trouble", "Refused"] : ["busy", "Connecting"];
  if (node.state === "lost") return ["trouble", "Silent"];
  return ["off", "Absent"];
}
