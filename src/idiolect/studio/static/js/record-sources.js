// Texts to read from: the list of them, and a dialog that adds one.

import { post } from "./api.js";
import { $ } from "./dom.js";
import { el } from "./dom.js";
import { FREE } from "./reading.js";
import { t } from "./words.js";

/** @typedef {{id: string, form: string, prompts: number, terms: number}} Source */

/**
 * @param {HTMLSelectElement} select
 * @param {Source[]} sources
 * @param {string} chosen
 */
export function fillSources(select, sources, chosen) {
  const known = [...sources.map((one) => one.id), FREE];
  select.replaceChildren(...sources.map((one) => el("option", { value: one.id }, nameOf(one))), el("option", { value: FREE }, t("Free speech, without a text")));
  select.value = known.includes(chosen) ? chosen : known[0];
}

/** @param {Source} source */
function nameOf({ id, form, prompts, terms }) {
  if (id === "everyday") return t("Everyday sentences");
  const name = id.replace(/^prompts\//, "");
  if (form === "task") return t("{name}: sentences of a task", { name });
  if (form === "glossary") return t("{name}: {n} terms in sentences", { name, n: terms });
  return t("{name}: {n} sentences", { name, n: prompts });
}

/**
 * Ask for a text, keep it in the project, and choose it.
 * @param {HTMLSelectElement} select
 */
export function addText(select) {
  const dialog = /** @type {HTMLDialogElement} */ ($("#adding"));
  const form = /** @type {HTMLFormElement} */ ($("form", dialog));
  const name = /** @type {HTMLInputElement} */ ($("#text-name"));
  const text = /** @type {HTMLTextAreaElement} */ ($("#text"));
  const file = /** @type {HTMLInputElement} */ ($("#text-file"));
  file.onchange = async () => {
    const chosen = file.files?.[0];
    if (!chosen) return;
    text.value = await chosen.text();
    name.value ||= chosen.name.replace(/\.[^.]*$/, "");
  };
  $("#cancel", dialog).onclick = () => dialog.close();
  form.onsubmit = async (event) => {
    event.preventDefault();
    const answer = await post("/api/record/sources", { name: name.value, text: text.value });
    dialog.close();
    form.reset();
    fillSources(select, answer.sources, answer.added);
    select.dispatchEvent(new Event("change"));
  };
  dialog.showModal();
}
