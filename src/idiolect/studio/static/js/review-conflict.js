// Somebody else decided while a person was at a clip: nothing that was typed is thrown away unasked.

import { el } from "./dom.js";
import { t } from "./words.js";

/**
 * @param {{message: string}} error what the server says
 * @param {string | null} text what the person typed
 * @returns {Promise<boolean>} whether theirs is kept as another opinion
 */
export function askConflict(error, text) {
  return new Promise((resolve) => {
    const keep = el("button", { class: "button primary", value: "keep" }, t("Keep mine as a second opinion"));
    const drop = el("button", { class: "button", value: "drop" }, t("Drop mine"));
    const form = el("form", { method: "dialog", class: "row" }, keep, drop);
    const said = text ? el("p", { class: "note" }, text) : null;
    const dialog = el("dialog", { class: "stack", "aria-labelledby": "conflict-title" }, el("h2", { id: "conflict-title" }, error.message), said, form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "keep");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
