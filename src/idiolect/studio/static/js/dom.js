// Elements, without a framework.

/**
 * The first element that fits. Throws where there is none: a page that lacks a part is a fault of ours.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [inside]
 * @returns {T}
 */
export function $(selector, inside = document) {
  const found = inside.querySelector(selector);
  if (!found) throw new Error(`there is no ${selector} in this page`);
  return /** @type {T} */ (found);
}

/**
 * All elements that fit.
 * @param {string} selector
 * @param {ParentNode} [inside]
 * @returns {HTMLElement[]}
 */
export function all(selector, inside = document) {
  return /** @type {HTMLElement[]} */ ([...inside.querySelectorAll(selector)]);
}

/**
 * A new element. Attributes that are `null`, `undefined` or `false` are left out, `true` stands without a value; `onclick` and its like are listeners.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | number | null | undefined | false)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on") && typeof value === "function") made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) made.append(typeof child === "number" ? String(child) : child);
  }
  return made;
}

/**
 * What the server gave this page: the JSON in `#data`.
 * @returns {any}
 */
export function data() {
  return JSON.parse($("#data").textContent ?? "null");
}
