// Every node with its channels, and every signal made from them.

import { keep, make, makeMark, mark, pick, tell } from "./dom.js";
import { Trace } from "./trace.js";
import { troubled } from "./status.js";
import { readable } from "./words.js";

/** @typedef {import("./status.js").NodeStatus} NodeStatus */
/** @typedef {import("./status.js").Status} Status */
/** @typedef {import("./status.js").Level} Level */
/** @typedef {{root: HTMLElement, list: HTMLElement, traces: Map<string, Trace>}} Group */
/** @typedef {Group & {shape: HTMLElement, word: HTMLElement, rate: HTMLElement,
 *   why: HTMLElement}} Card */

/** What a board that prints lines cannot have. */
const TEXT_LIMITS = "Prints lines: any board on this port is taken for it, it has no outputs " +
  "and no fail-safe, and its readings are dated by their arrival";

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
  const why = node.state === "live" ? complaints(node).join(". ") : node.why;
  tell(card.why, why);
  mark(card.why, "title", why || null);
  mark(card.rate, "title", node.state === "live" ? particulars(node) : null);
}

/**
 * What is to be known of a node that is live: its channels' troubles, and what it cannot have.
 * @param {NodeStatus} node
 * @returns {string[]}
 */
function complaints(node) {
  const said = troubled(node).map((reading) => reading.says);
  if (node.kind === "text") said.push(TEXT_LIMITS);
  return said;
}

/**
 * For the technician who asks.
 * @param {NodeStatus} node
 */
function particulars(node) {
  const said = [`${node.path}: ${node.dropped} frames dropped, ${node.corrupt} corrupt`];
  if (node.kind === "node") {
    const uid = (node.uid ?? 0).toString(16).padStart(8, "0");
    const cause = node.cause ? ` by ${node.cause}` : "";
    said.push(`uid ${uid}, firmware ${node.firmware}, boot ${node.boot}${cause}`);
    said.push(`round trip ${(node.round_trip_us / 1000).toFixed(1)} ms`);
  }
  said.push(`latency ${(node.latency_us / 1000).toFixed(1)} ms, jitter ` +
    `${(node.jitter_us / 1000).toFixed(1)} ms`);
  return said.join("\n");
}

/**
 * @param {NodeStatus} node
 * @returns {[Level, string]}
 */
function condition(node) {
  if (node.state === "live") return troubled(node).length ? ["busy", "Look at it"] : ["ok", "Live"];
  if (node.state === "greeting") return ["busy", "Connecting"];
  if (node.state === "refused") return ["trouble", "Refused"];
  if (node.state === "lost") return ["trouble", "Silent"];
  return ["off", "Absent"];
}
