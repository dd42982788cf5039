// What the show says of itself, ten times a second.

/**
 * @typedef {object} NodeStatus
 * @property {string} name
 * @property {"absent"|"greeting"|"live"|"refused"|"lost"} state
 * @property {string} why the reason where it is not live
 * @property {number} rate_hz
 * @property {number} dropped
 * @property {number} corrupt
 * @property {string[]} channels its patched channels, in order
 * @property {"node"|"text"} kind
 * @property {string} path
 * @property {number|null} uid
 * @property {number} boot
 * @property {string} cause why it booted last
 * @property {string} firmware
 * @property {number} round_trip_us
 * @property {number} latency_us
 * @property {number} jitter_us
 * @property {Reading[]} readings its own channels, told once a second
 */

/**
 * @typedef {object} Reading
 * @property {string} name
 * @property {string} unit
 * @property {"ok"|"unknown"|"out of range"|"stuck"|"noisy"|"drifting"|"uncalibrated"} state
 * @property {number|null} value
 * @property {string} says a sentence for staff where it is not ok
 */

/**
 * @typedef {object} ProcessStatus
 * @property {number} age_s since it was last heard
 * @property {number} [fps]
 * @property {string} [renderer]
 * @property {string} [driver]
 * @property {string} [trouble]
 * @property {number} [tablets]
 * @property {number} [visitors]
 */

/**
 * @typedef {object} Edit the newest version of the show's files
 * @property {"playing"|"waiting"|"restart"|"mistaken"} state
 * @property {string} edited when, by the clock on the wall
 * @property {string[]} files that changed
 * @property {string[]} mistakes each with file, line and column
 */

/**
 * @typedef {object} Status
 * @property {string} title
 * @property {string} act
 * @property {string} act_title
 * @property {string} scene
 * @property {number} scene_elapsed_s
 * @property {number} act_elapsed_s
 * @property {number} played_s
 * @property {boolean} held
 * @property {boolean} blackout
 * @property {boolean} stopped
 * @property {string} standby
 * @property {Record<string, number|null>} channels null: unknown
 * @property {Record<string, number|null>} signals
 * @property {NodeStatus[]} nodes
 * @property {Record<string, ProcessStatus>} processes
 * @property {{p50_ms: number|null, p99_ms: number|null}} loop
 * @property {Record<string, string>} acts the title of each act
 * @property {string[]} surfaces
 * @property {string[]} expects the processes that should be there
 * @property {Edit} [edit]
 */

/** @typedef {"ok"|"busy"|"trouble"|"off"} Level each has a shape and a colour of its own */

/**
 * The page's state: everything that `render` needs.
 * @typedef {object} View
 * @property {Status|null} status
 * @property {boolean} stale whether the newest news is too old to act upon
 */

export const STALE_MS = 1500;
export const ALIVE_S = 2;

/**
 * The channels of a live node that somebody should look at.
 * @param {NodeStatus} node
 */
export function troubled(node) {
  return node.state === "live" ? node.readings.filter((reading) => reading.state !== "ok") : [];
}

/**
 * Null where it is no status: what cannot be read is no news.
 * @param {unknown} message
 * @returns {Status|null}
 */
export function parse(message) {
  if (typeof message !== "string") return null;
  try {
    const told = JSON.parse(message);
    return told !== null && Array.isArray(told.nodes) && "act" in told ? told : null;
  } catch (mistake) {
    if (mistake instanceof SyntaxError) return null;
    throw mistake;
  }
}
