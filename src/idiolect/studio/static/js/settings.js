// Settings: forms that are kept, servers that are asked, speakers who are forgotten.

import { post } from "./api.js";
import { $, all, el } from "./dom.js";
import { tell, tellError } from "./tell.js";
import { t } from "./words.js";

/**
 * What a form holds; a checkbox is a truth, a number field a number.
 * @param {HTMLFormElement} form
 * @returns {Record<string, unknown>}
 */
function valuesOf(form) {
  /** @type {Record<string, unknown>} */
  const values = {};
  for (const field of form.elements) {
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement) || !field.name || field.disabled) continue;
    if (field.type === "checkbox") values[field.name] = /** @type {HTMLInputElement} */ (field).checked;
    else if (field.type === "number") values[field.name] = Number(field.value);
    else if (field.type !== "radio") values[field.name] = field.value;
    else if (/** @type {HTMLInputElement} */ (field).checked) values[field.name] = field.value;
  }
  return values;
}

for (const form of /** @type {HTMLFormElement[]} */ (all("form[data-post]"))) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await post(form.dataset.post ?? "", valuesOf(form));
      if ("reload" in form.dataset) location.reload();
      else tell(form.dataset.said ?? t("Kept."), { kind: "good" });
    } catch (error) {
      tellError(error);
    }
  });
}

/**
 * Ask a server, and write what it says.
 * @param {string} where
 * @param {HTMLElement} place
 */
async function ask(where, place) {
  const again = place.querySelector("button");
  place.replaceChildren(el("span", { class: "muted" }, t("asking …")));
  try {
    const found = await post("/api/settings/ask", { where });
    const models = found.models.slice(0, 4).join(", ") + (found.models.length > 4 ? " …" : "");
    place.replaceChildren(el("span", { class: "badge good" }, "✓ ", t("answers, {seconds} s", { seconds: found.seconds })), models && el("span", { class: "muted small" }, " ", models));
  } catch (error) {
    const known = /** @type {{message: string, hint?: string}} */ (error);
    place.replaceChildren(el("span", { class: "badge bad" }, t("no answer")), el("span", { class: "muted small" }, " ", t(known.message), ". ", t(known.hint ?? "")));
  }
  if (again) place.append(el("br"), again);
}

/**
 * @param {"allow" | "disallow"} what
 * @param {string} where
 */
async function change(what, where) {
  try {
    await post(`/api/settings/${what}`, { where });
    location.hash = "policy";
    location.reload();
  } catch (error) {
    tellError(error);
  }
}

for (const row of all("[data-server]")) {
  const where = row.dataset.server ?? "";
  row.querySelector("[data-ask]")?.addEventListener("click", () => ask(where, $(".answer", row)));
  row.querySelector("[data-allow]")?.addEventListener("click", () => change("allow", where));
  row.querySelector("[data-disallow]")?.addEventListener("click", () => change("disallow", where));
}
$("#other-server").addEventListener("submit", (event) => {
  event.preventDefault();
  const { value } = /** @type {HTMLInputElement} */ ($("#o-where"));
  const button = /** @type {HTMLButtonElement | null} */ (/** @type {SubmitEvent} */ (event).submitter);
  if (button?.value === "allow") change("allow", value);
  else ask(value, $("#other-answer"));
});

for (const row of all("[data-speaker]")) {
  const speaker = row.dataset.speaker ?? "";
  row.querySelector("[data-grant]")?.addEventListener("click", () => consent(speaker, true));
  row.querySelector("[data-withdraw]")?.addEventListener("click", () => consent(speaker, false));
  row.querySelector("[data-forget]")?.addEventListener("click", () => forget(speaker));
}

/**
 * @param {string} speaker
 * @param {boolean} granted
 */
async function consent(speaker, granted) {
  try {
    await post("/api/settings/consent", { speaker, granted });
    location.hash = "people";
    location.reload();
  } catch (error) {
    tellError(error);
  }
}

/**
 * Show what would be removed, and remove it when the name was typed.
 * @param {string} speaker
 */
async function forget(speaker) {
  let found;
  try {
    found = await post("/api/settings/forget/preview", { speaker });
  } catch (error) {
    tellError(error);
    return;
  }
  const lines = [
    t("{recordings} recordings, {clips} clips and {labels} labels are removed for good.", found),
    found.datasets.length && t("These datasets lose their clips: {names}", { names: found.datasets.join(", ") }),
    found.models.length && t("These models learned from them, and keep what they learned until you train again: {names}", { names: found.models.join(", ") }),
    found.evaluations && t("{n} evaluations were made with them.", { n: found.evaluations }),
    found.referenced.length && t("These files lie outside the project; delete them yourself: {names}", { names: found.referenced.join(", ") }),
    t("A later import of this speaker is refused."),
  ].filter(Boolean);
  const field = el("input", { id: "typed", autocomplete: "off", spellcheck: "false", required: true });
  const go = el("button", { class: "button danger", type: "submit", disabled: true }, t("Forget {name}", { name: speaker }));
  const close = el("button", { class: "button", type: "button" }, t("Cancel"));
  const form = el("form", { class: "stack", method: "dialog" }, el("div", { class: "field" }, el("label", { for: "typed" }, t("Type {name} to confirm", { name: speaker })), field), el("div", { class: "row end" }, close, go));
  const dialog = el("dialog", { "aria-labelledby": "forget-title" }, el("h2", { id: "forget-title" }, t("Forget {name}?", { name: speaker })), el("ul", { class: "removed" }, ...lines.map((line) => el("li", {}, line))), form);
  field.addEventListener("input", () => (go.disabled = field.value !== speaker));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    try {
      await post("/api/settings/forget", { speaker, typed: field.value });
      location.hash = "people";
      location.reload();
    } catch (error) {
      dialog.close();
      tellError(error);
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  field.focus();
}
