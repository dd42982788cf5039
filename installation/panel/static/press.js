// How a button is pressed: with a tap, or by holding it until it fires.

export const HOLD_MS = 1500;

/**
 * A button that may be off without losing the focus, and that a held Enter presses once.
 * @param {HTMLButtonElement} button
 * @param {() => void} tap
 */
export function onTap(button, tap) {
  button.addEventListener("keydown", (event) => {
    if (event.repeat) event.preventDefault();
  });
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") !== "true") tap();
  });
}

/**
 * Fires after the button was held for 1.5 s, with a finger or with Space or Enter;
 * while `easy()` it takes one tap. The press that fired is no tap as well.
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} fill grows while the button is held
 * @param {{easy: () => boolean, fire: () => void, tap: () => void}} does
 */
export function onHold(button, fill, does) {
  let timer = 0;
  let heldFirst = false;
  /** @type {Animation|null} */
  let growing = null;

  function begin() {
    heldFirst = !does.easy();
    if (!heldFirst || timer || button.getAttribute("aria-disabled") === "true") return;
    button.dataset.holding = "true";
    growing = fill.animate([{ transform: "scaleX(0)" }, { transform: "scaleX(1)" }], HOLD_MS);
    timer = setTimeout(() => {
      end();
      does.fire();
    }, HOLD_MS);
  }

  function end() {
    clearTimeout(timer);
    timer = 0;
    growing?.cancel();
    delete button.dataset.holding;
  }

  button.addEventListener("pointerdown", (event) => {
    if (event.button === 0) begin();
  });
  for (const over of ["pointerup", "pointercancel", "pointerleave", "blur"]) {
    button.addEventListener(over, end);
  }
  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    if (!event.repeat) begin();
    if (event.repeat || heldFirst) event.preventDefault();
  });
  button.addEventListener("keyup", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    end();
    if (heldFirst) event.preventDefault();
  });
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  document.addEventListener("visibilitychange", end);
  onTap(button, () => {
    if (does.easy() && !heldFirst) does.tap();
    heldFirst = false;
  });
}
