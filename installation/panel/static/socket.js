// A WebSocket that opens itself again, and waits longer after each failure.

const FIRST_MS = 250;
const MOST_MS = 4000;
/** A feed that says nothing for this long may be half open: it is opened anew. */
const SILENT_MS = 8000;

/**
 * @param {string} path
 * @param {(data: unknown) => void} hear
 * @returns {{want: (wanted: boolean) => void}} whether it is wanted now
 */
export function feed(path, hear) {
  /** @type {WebSocket|null} */
  let socket = null;
  let wanted = false;
  let waitMs = FIRST_MS;
  let again = 0;
  let silent = 0;

  function open() {
    clearTimeout(again);
    if (!wanted || socket !== null) return;
    const opened = new WebSocket(path);
    opened.binaryType = "arraybuffer";
    opened.onmessage = (event) => {
      if (opened !== socket) return;
      waitMs = FIRST_MS;
      watch();
      hear(event.data);
    };
    opened.onclose = () => {
      if (opened === socket) lose();
    };
    socket = opened;
    watch();
  }

  function watch() {
    clearTimeout(silent);
    silent = setTimeout(lose, SILENT_MS);
  }

  function lose() {
    drop();
    if (!wanted) return;
    // Not all tablets at the same moment after a restart.
    again = setTimeout(open, waitMs * (0.75 + Math.random() / 2));
    waitMs = Math.min(MOST_MS, waitMs * 2);
  }

  function drop() {
    clearTimeout(silent);
    const dropped = socket;
    socket = null;
    dropped?.close();
  }

  addEventListener("online", open);
  return {
    want(now) {
      if (now === wanted) return;
      wanted = now;
      waitMs = FIRST_MS;
      if (now) open();
      else {
        clearTimeout(again);
        drop();
      }
    },
  };
}
