// The few ways in which the panel touches the page: it writes only what has changed.

/**
 * The element with this id, which is in index.html.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function pick(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no #${id}`);
  return /** @type {T} */ (found);
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/**
 * Changes the text only where it differs: a live region speaks each sentence once.
 * @param {Node} node
 * @param {string} text
 */
export function tell(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * @param {Element} node
 * @param {string} name
 * @param {string|boolean|null} value null takes the attribute away
 */
export function mark(node, name, value) {
  const text = value === null ? null : String(value);
  if (node.getAttribute(name) === text) return;
  if (text === null) node.removeAttribute(name);
  else node.setAttribute(name, text);
}

/** A shape and a colour for a level; the word beside it says the same. */
export function makeMark() {
  const shape = make("span", "mark");
  shape.setAttribute("aria-hidden", "true");
  return shape;
}

/**
 * One child for each key, made once and kept in the order given.
 * @template {{root: HTMLElement}} T
 * @param {HTMLElement} parent
 * @param {Map<string, T>} kept
 * @param {string[]} keys
 * @param {(key: string) => T} create
 */
export function keep(parent, kept, keys, create) {
  for (const [key, item] of kept) {
    if (!keys.includes(key)) {
      item.root.remove();
      kept.delete(key);
    }
  }
  keys.forEach((key, place) => {
    let item = kept.get(key);
    if (item === undefined) {
      item = create(key);
      kept.set(key, item);
    }
    if (parent.children[place] !== item.root) {
      parent.insertBefore(item.root, parent.children[place] ?? null);
    }
  });
}
