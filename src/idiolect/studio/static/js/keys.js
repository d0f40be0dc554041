// Keys of a page: bound here, and shown on `?`.

import { $, el } from "./dom.js";
import { t } from "./words.js";

/**
 * @typedef {object} Binding
 * @property {string} key as KeyboardEvent.key has it, with "Ctrl+", "Shift+" or "Alt+" before it: "Ctrl+Enter"
 * @property {string} label what it does
 * @property {(event: KeyboardEvent) => unknown} run
 * @property {boolean} [always] also while a person types in a field
 * @property {string} [shown] how the key is written in the list
 */

/** @type {{group: string, bindings: Binding[]}[]} */
const groups = [];

/**
 * Bind keys; returns a function that unbinds them.
 * @param {{group: string, bindings: Binding[]}} more
 * @returns {() => void}
 */
export function keys(more) {
  groups.unshift(more);
  return () => {
    groups.splice(groups.indexOf(more), 1);
  };
}

/**
 * The name of what was pressed: "Ctrl+Enter", "a", "A", "?".
 * @param {KeyboardEvent} event
 * @returns {string}
 */
function nameOf(event) {
  const key = event.key === " " ? "Space" : event.key;
  const shift = event.shiftKey && key.length > 1 ? "Shift+" : "";
  return (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + (event.altKey ? "Alt+" : "") + shift + key;
}

/**
 * Whether keys belong to what is focused: a field, or a button that Enter or Space presses.
 * @param {EventTarget | null} target
 * @param {string} name
 * @returns {boolean}
 */
function taken(target, name) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=range], [type=button])")) return true;
  return (name === "Enter" || name === "Space") && target.matches("button, a, summary, [role=button], input");
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const name = nameOf(event);
  for (const { bindings } of groups) {
    const found = bindings.find((one) => one.key === name);
    if (found && (found.always || !taken(event.target, name))) {
      event.preventDefault();
      found.run(event);
      return;
    }
  }
});

keys({ group: t("Everywhere"), bindings: [{ key: "?", label: t("Show the keys"), run: showKeys }] });

/** Open the list of all keys. */
function showKeys() {
  document.querySelector("dialog.keys")?.remove();
  const close = el("button", { class: "button", type: "button" }, t("Close"));
  const dialog = el("dialog", { class: "keys", "aria-labelledby": "keys-title" }, el("h2", { id: "keys-title" }, t("Keys")));
  for (const { group, bindings } of groups) {
    const list = el("dl");
    for (const one of bindings) list.append(el("dt", {}, el("kbd", {}, one.shown ?? one.key)), el("dd", {}, one.label));
    dialog.append(el("h3", {}, group), list);
  }
  dialog.append(close);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  $("button", dialog).focus();
}
