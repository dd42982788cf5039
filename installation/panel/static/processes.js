// The processes of the house: which are there, and their figures.

import { keep, make, makeMark, mark, pick, tell } from "./dom.js";
import { ALIVE_S } from "./status.js";
import { readable } from "./words.js";

/** @typedef {import("./status.js").Status} Status */
/** @typedef {import("./status.js").ProcessStatus} ProcessStatus */
/** @typedef {{root: HTMLElement, shape: HTMLElement, word: HTMLElement, line: HTMLElement}} Item */

/** Later than this by half of the moments: the computer has too much to do. */
const LATE_MS = 20;

const parent = pick("processes");
/** @type {Map<string, Item>} */
const items = new Map();

/**
 * @param {Status} status
 */
export function render(status) {
  const expected = ["show", ...status.expects];
  const more = Object.keys(status.processes).filter((role) => !expected.includes(role));
  keep(parent, items, [...expected, ...more], makeItem);
  for (const [role, item] of items) {
    const told = status.processes[role];
    const [level, word] = role === "show" ? punctuality(status.loop) : condition(told);
    mark(item.shape, "data-level", level);
    mark(item.root, "data-level", level);
    tell(item.word, word);
    tell(item.line, role === "show" ? lateness(status.loop) : figures(told));
    mark(item.line, "title", role === "show" ? worst(status.loop) : told?.renderer ?? null);
  }
}

/**
 * @param {string} role
 * @returns {Item}
 */
function makeItem(role) {
  const shape = makeMark();
  const word = make("span", "word");
  const line = make("p", "figures");
  const root = make("li", "process",
    make("p", "role", shape, make("span", "role-name", readable(role)), word), line);
  return { root, shape, word, line };
}

/**
 * @param {ProcessStatus|undefined} told
 * @returns {[import("./status.js").Level, string]}
 */
function condition(told) {
  if (told === undefined) return ["off", "Not running"];
  if (told.age_s >= ALIVE_S) return ["trouble", `Silent ${told.age_s.toFixed(0)} s`];
  return told.trouble ? ["busy", "Impaired"] : ["ok", "Running"];
}

/**
 * @param {Status["loop"]} loop
 * @returns {[import("./status.js").Level, string]}
 */
function punctuality({ p50_ms }) {
  return (p50_ms ?? 0) > LATE_MS ? ["busy", "Late"] : ["ok", "Running"];
}

/**
 * @param {Status["loop"]} loop how late the show keeps its moments, in the middle
 */
function lateness({ p50_ms }) {
  if (p50_ms === null) return "";
  return `${p50_ms.toFixed(1)} ms late`;
}

/**
 * @param {Status["loop"]} loop
 */
function worst({ p99_ms }) {
  return p99_ms === null ? null : `99 of 100 moments within ${p99_ms.toFixed(1)} ms`;
}

/**
 * @param {ProcessStatus|undefined} told
 */
function figures(told) {
  if (told === undefined) return "";
  const said = [];
  if (told.trouble) said.push(told.trouble);
  else if (told.driver) said.push(told.driver);
  if (told.fps !== undefined) said.push(`${told.fps.toFixed(0)} fps`);
  if (told.renderer) said.push(told.renderer.split(/[/(]/, 1)[0].trim());
  if (told.tablets !== undefined) said.push(`${told.tablets} open`);
  if (told.visitors !== undefined) said.push(`${told.visitors} simulated`);
  return said.join(" · ");
}
