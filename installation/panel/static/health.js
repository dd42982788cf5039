// One sentence about how everything is.

import { ALIVE_S, troubled } from "./status.js";
import { list, sentenceCase } from "./words.js";

/** @typedef {import("./status.js").Status} Status */
/** @typedef {import("./status.js").Level} Level */
/** @typedef {{level: Level, sentence: string}} Health */

/** A process that was never heard is missed from this moment of the show on. */
const GRACE_S = 10;

/**
 * @param {Status|null} status
 * @param {boolean} stale
 * @returns {Health}
 */
export function judge(status, stale) {
  if (status === null) return { level: "busy", sentence: "Waiting for the show." };
  if (stale) {
    return { level: "busy", sentence: "What you see is old; the show is still running." };
  }
  const missing = lacks(status);
  const said = [mode(status), missing && `${missing}.`, ...remarks(status)].filter(Boolean);
  if (!said.length) return { level: "ok", sentence: "Everything is fine." };
  const level = missing ? "trouble" : "busy";
  return { level, sentence: said.join(" ") };
}

/**
 * @param {Status} status
 */
function mode(status) {
  if (status.stopped) return "The show is stopped; rearm it when the room is ready.";
  if (status.blackout) return "The room is dark; the show goes on unseen.";
  if (status.held) return "The show is held until you resume it.";
  return "";
}

/**
 * `The heap is silent and the stage is not there; the show goes on without them`
 * @param {Status} status
 */
function lacks(status) {
  /** @type {Map<string, string[]>} */
  const kinds = new Map();
  const lack = (/** @type {string} */ what, /** @type {string} */ who) =>
    kinds.set(what, [...(kinds.get(what) ?? []), `the ${who}`]);
  for (const node of status.nodes) {
    if (node.state === "lost") lack("silent", node.name);
    if (node.state === "absent") lack("absent", node.name);
    if (node.state === "refused") lack("not usable", node.name);
  }
  for (const role of status.expects) {
    const seen = status.processes[role];
    if (seen === undefined && status.played_s > GRACE_S) lack("not running", role);
    if (seen !== undefined && seen.age_s >= ALIVE_S) lack("not answering", role);
  }
  const clauses = [...kinds].map(
    ([what, who]) => `${list(who)} ${who.length > 1 ? "are" : "is"} ${what}`);
  if (!clauses.length) return "";
  const many = clauses.length > 1 || [...kinds.values()][0].length > 1;
  return sentenceCase(`${list(clauses)}; the show goes on without ${many ? "them" : "it"}`);
}

/**
 * @param {Status} status
 */
function remarks(status) {
  const said = [];
  const joining = status.nodes.filter((node) => node.state === "greeting");
  if (joining.length) {
    const who = list(joining.map((node) => `the ${node.name}`));
    said.push(`${sentenceCase(who)} ${joining.length > 1 ? "are" : "is"} connecting.`);
  }
  const odd = status.nodes.flatMap(
    (node) => troubled(node).map((reading) => `${reading.name} of the ${node.name}`));
  if (odd.length) said.push(`Somebody should look at ${list(odd)}: see Sensors.`);
  for (const [role, seen] of Object.entries(status.processes)) {
    if (seen.trouble && seen.age_s < ALIVE_S) said.push(`${sentenceCase(role)}: ${seen.trouble}.`);
  }
  return said;
}
