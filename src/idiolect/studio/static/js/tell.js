// What just happened, in a corner of the page and to screen readers.

import { $, el } from "./dom.js";
import { t } from "./words.js";

const LASTS = 6000; // ms; errors stay until they are closed

/**
 * @typedef {object} Telling
 * @property {string} [hint] what to do next
 * @property {"plain" | "good" | "bad"} [kind]
 * @property {() => unknown} [undo] offers a button that takes it back
 */

/**
 * Say something; returns a function that takes it away.
 * @param {string} message
 * @param {Telling} [more]
 * @returns {() => void}
 */
export function tell(message, { hint = "", kind = "plain", undo } = {}) {
  const note = el("div", { class: kind, role: kind === "bad" ? "alert" : null });
  const close = () => note.remove();
  note.append(el("p", {}, message, hint && el("span", { class: "hint" }, " ", hint)));
  if (undo) note.append(el("button", { class: "button quiet", type: "button", onclick: () => (close(), undo()) }, t("Undo")));
  note.append(el("button", { class: "button quiet", type: "button", "aria-label": t("Close"), onclick: close }, "×"));
  $("#told").append(note);
  if (kind !== "bad") setTimeout(close, undo ? 2 * LASTS : LASTS);
  return close;
}

/**
 * Say what went wrong.
 * @param {unknown} error
 * @returns {() => void}
 */
export function tellError(error) {
  const known = /** @type {{message?: string, hint?: string}} */ (error);
  return tell(t(known.message ?? String(error)), { hint: t(known.hint ?? ""), kind: "bad" });
}
