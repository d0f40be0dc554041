// A condition without typing: a field, how, and a value.

import { get } from "./api.js";
import { $, el } from "./dom.js";
import { t } from "./words.js";

const GROUPS = [
  [t("What is said"), ["text", "term", "regex"]],
  [t("Who and what"), ["speaker", "session", "collection", "language", "device", "recording", "id", "synthetic", "sensitivity"]],
  [t("Labels"), ["reviewed", "kind", "source", "tag", "mark", "confidence", "disagreement", "teachers", "labels"]],
  [t("Sound"), ["snr", "level", "clipping", "speech", "duration"]],
  [t("Datasets and models"), ["split", "dataset", "error"]],
];

export class Builder {
  /**
   * @param {Record<string, {kind: string, about: string, example: string}>} fields
   * @param {(condition: string) => unknown} add takes a condition as it is typed
   */
  constructor(fields, add) {
    this.fields = fields;
    this.by = /** @type {HTMLSelectElement} */ ($("#by"));
    this.value = /** @type {HTMLInputElement} */ ($("#value"));
    for (const [title, names] of GROUPS) {
      const group = el("optgroup", { label: String(title) });
      for (const name of /** @type {string[]} */ (names)) group.append(el("option", { value: name }, `${name}: ${fields[name].about}`));
      this.by.append(group);
    }
    this.by.value = "speaker";
    this.by.addEventListener("change", () => this.chosen());
    const more = $("#more");
    more.addEventListener("click", () => {
      const form = $("#builder");
      form.hidden = !form.hidden;
      more.setAttribute("aria-expanded", String(!form.hidden));
      if (!form.hidden) this.by.focus();
      void this.chosen();
    });
    $("#builder").addEventListener("submit", (event) => {
      event.preventDefault();
      const condition = this.condition();
      if (!condition) return this.value.focus();
      this.value.value = "";
      add(condition);
    });
  }

  /** The value's field follows what is found by. */
  async chosen() {
    const field = this.fields[this.by.value];
    $("#how-field").hidden = field.kind !== "number";
    $("#by-about").textContent = t("As it is typed: {example}", { example: field.example });
    const known = await get(`/api/find/values?${new URLSearchParams({ field: this.by.value })}`);
    $("#values").replaceChildren(...known.map((/** @type {string} */ one) => el("option", { value: one })));
  }

  /** @returns {string} what is chosen, as it is typed; nothing without a value */
  condition() {
    const name = this.by.value;
    const value = this.value.value.trim();
    if (!value) return "";
    const minus = /** @type {HTMLInputElement} */ ($("#not")).checked ? "-" : "";
    const { kind } = this.fields[name];
    if (kind === "text") return `${minus}${quoted(value)}`;
    if (kind === "regex") return `${minus}/${value.replaceAll("/", "\\/")}/`;
    const how = kind === "number" ? /** @type {HTMLSelectElement} */ ($("#how")).value : ":";
    return `${minus}${name}${how}${/[\s",]/.test(value) ? quoted(value) : value}`;
  }
}

/** @param {string} value */
function quoted(value) {
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
