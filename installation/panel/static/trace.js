// One quantity in one line: its name, its value and its last seconds.

import { make, mark, tell } from "./dom.js";
import { number, readable } from "./words.js";

const KEPT = 80;
const SVG = "http://www.w3.org/2000/svg";

/** The scale is from zero to the greatest that was seen, at least 1. */
export class Trace {
  /**
   * @param {string} name
   */
  constructor(name) {
    this._value = make("span", "value");
    this._area = document.createElementNS(SVG, "path");
    this._area.setAttribute("class", "area");
    this._line = document.createElementNS(SVG, "path");
    this._line.setAttribute("class", "line");
    const drawing = document.createElementNS(SVG, "svg");
    drawing.setAttribute("viewBox", `0 -0.08 ${KEPT - 1} 1.1`);
    drawing.setAttribute("preserveAspectRatio", "none");
    drawing.setAttribute("aria-hidden", "true");
    drawing.append(this._area, this._line);
    this.root = make("li", "trace", make("span", "name", readable(name)), this._value, drawing);
    /** @type {(number|null)[]} */
    this._kept = [];
    this._low = 0;
    this._high = 1;
    this._whole = true;
  }

  /**
   * @param {number|null} value null: unknown
   */
  push(value) {
    if (value !== null) {
      this._low = Math.min(this._low, value);
      this._high = Math.max(this._high, value);
      this._whole = this._whole && Number.isInteger(value);
    }
    this._kept.push(value);
    if (this._kept.length > KEPT) this._kept.shift();
  }

  draw() {
    const value = this._kept[this._kept.length - 1] ?? null;
    tell(this._value, number(value, this._whole));
    mark(this._value, "aria-label", value === null ? "unknown" : null);
    mark(this._value, "role", value === null ? "img" : null);
    mark(this.root, "data-unknown", value === null);
    this._outline();
  }

  /** A line and the area under it for each stretch that is known: a gap stays a gap. */
  _outline() {
    const first = KEPT - this._kept.length;
    const span = this._high - this._low;
    let line = "";
    let area = "";
    let known = false;
    this._kept.forEach((value, i) => {
      const x = first + i;
      if (value !== null) {
        const point = `${x} ${(1 - (value - this._low) / span).toFixed(3)}`;
        line += known ? `L${point}` : `M${point}`;
        area += known ? `L${point}` : `M${x} 1L${point}`;
        known = true;
      }
      if (known && (value === null || x === KEPT - 1)) {
        area += `L${value === null ? x - 1 : x} 1Z`;
        known = false;
      }
    });
    mark(this._line, "d", line);
    mark(this._area, "d", area);
  }
}
