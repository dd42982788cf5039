// The live picture of all walls; asked for only while the page is seen.

import { make, mark, pick, tell } from "./dom.js";
import { feed } from "./socket.js";
import { ALIVE_S } from "./status.js";
import { readable } from "./words.js";

const OLD_MS = 3000;

const image = pick("live");
const caption = pick("no-picture");
const walls = pick("walls");

/** @type {ArrayBuffer|null} the newest picture that came while one was being decoded */
let next = null;
let decoding = false;
let shownMs = -OLD_MS;

export function connect() {
  const pictures = feed("/feed/picture", (data) => {
    if (!(data instanceof ArrayBuffer)) return;
    next = data;
    if (!decoding) decode();
  });
  const look = () => pictures.want(document.visibilityState === "visible");
  document.addEventListener("visibilitychange", look);
  look();
}

function decode() {
  if (next === null) return;
  const address = URL.createObjectURL(new Blob([next], { type: "image/jpeg" }));
  const shown = /** @type {HTMLImageElement} */ (image);
  next = null;
  decoding = true;
  shown.onload = () => {
    shownMs = performance.now();
    done(address);
  };
  shown.onerror = () => done(address);
  shown.src = address;
}

/**
 * @param {string} address
 */
function done(address) {
  URL.revokeObjectURL(address);
  decoding = false;
  decode();
}

/**
 * @param {import("./status.js").View} view
 */
export function render({ status, stale }) {
  const old = performance.now() - shownMs > OLD_MS;
  image.hidden = old;
  mark(image, "alt", "What is on the walls now");
  tell(caption, old || !status ? missing(status, stale) : status.blackout ? "Blackout" : "");
  const names = status?.surfaces ?? [];
  if (walls.children.length !== names.length) {
    walls.replaceChildren(...names.map((name) => make("li", "", readable(name))));
  }
}

/**
 * @param {import("./status.js").Status|null} status
 * @param {boolean} stale
 */
function missing(status, stale) {
  if (status === null || stale) return "No picture yet";
  const stage = status.processes.stage;
  if (stage === undefined || stage.age_s >= ALIVE_S) return "No picture: the stage is not running";
  return "No picture yet";
}
