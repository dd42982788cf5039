// From the show's names and numbers to what staff read.

/**
 * @param {string} name as in the show file: `two_cities`
 * @returns {string} `Two cities`
 */
export function readable(name) {
  return sentenceCase(name.replaceAll("_", " "));
}

/**
 * @param {string} text
 */
export function sentenceCase(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * @param {number} seconds
 * @returns {string} `1:05`, or `1:02:03` from an hour on
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const pair = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = pair(whole % 60);
  return hours ? `${hours}:${pair(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/**
 * What GO will do.
 * @param {string} standby `cue A1`, `act whispers`, `return` or a scene
 * @param {Record<string, string>} titles of the acts
 */
export function standbyWords(standby, titles) {
  const [kind, name] = standby.split(" ", 2);
  if (!standby) return "Nothing stands by";
  if (kind === "cue") return `Cue ${name}`;
  if (kind === "act") return `Act: ${titles[name] ?? readable(name)}`;
  if (standby === "return") return "Back to the scene before";
  return `Scene: ${readable(standby)}`;
}

/**
 * @param {number|null} value
 * @param {boolean} whole whether it counts, or is on or off
 */
export function number(value, whole) {
  if (value === null) return "–";
  if (whole) return value.toFixed(0);
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/**
 * @param {string[]} things
 * @returns {string} `a`, `a and b`, `a, b and c`
 */
export function list(things) {
  if (things.length < 2) return things.join("");
  return `${things.slice(0, -1).join(", ")} and ${things[things.length - 1]}`;
}
