// Who speaks, what they agreed to, and on which microphone: asked once, and kept.

import { post } from "./api.js";
import { $, el } from "./dom.js";
import { microphones } from "./microphone.js";
import { t } from "./words.js";

const KEPT = "idiolect-record"; // in this browser: who spoke last, and the microphone of each

/** @typedef {{name: string, consent: boolean | null}} Speaker */
/** @typedef {{speaker: string, devices: Record<string, string>, source: string}} Kept */

/** @returns {Kept} */
export function kept() {
  try {
    return { speaker: "", devices: {}, source: "", ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  } catch {
    return { speaker: "", devices: {}, source: "" };
  }
}

/** @param {Partial<Kept>} more */
export function keepChoice(more) {
  localStorage.setItem(KEPT, JSON.stringify({ ...kept(), ...more }));
}

export class Setup {
  /**
   * @param {{speakers: Speaker[], speaker: string, fixed: boolean}} given
   * @param {(speaker: string) => void} onReady the speaker may be recorded
   */
  constructor(given, onReady) {
    this.speakers = given.speakers;
    this.onReady = onReady;
    this.form = /** @type {HTMLFormElement} */ ($("#setup"));
    this.name = /** @type {HTMLInputElement} */ ($("#speaker"));
    this.consent = /** @type {HTMLInputElement} */ ($("#consent"));
    this.device = /** @type {HTMLSelectElement} */ ($("#device"));
    this.name.value = kept().speaker || given.speaker;
    this.name.readOnly = given.fixed;
    $("#known").replaceChildren(...given.speakers.map((one) => el("option", { value: one.name })));
    this.name.addEventListener("input", () => this.show());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
    this.show();
  }

  /** The name in the field, with single spaces. */
  get speaker() {
    return this.name.value.trim().split(/\s+/).join(" ");
  }

  /** Whether this speaker agreed before. */
  get agreed() {
    return this.speakers.some((one) => one.name === this.speaker && one.consent);
  }

  /** What the fields say. */
  show() {
    const row = this.speakers.find((one) => one.name === this.speaker);
    $("#asked").hidden = this.agreed;
    this.consent.required = !this.agreed;
    $("#withdrawn").hidden = row?.consent !== false;
    $("#agreed").hidden = !this.agreed;
  }

  /** The microphones, once the browser tells their names. */
  async devices() {
    const found = await microphones();
    const wanted = kept().devices[this.speaker] ?? "";
    const options = found.filter((one) => one.label).map((one) => el("option", { value: one.id, selected: one.id === wanted }, one.label));
    this.device.replaceChildren(el("option", { value: "" }, t("The one that the system uses")), ...options);
  }

  /** The id of the microphone of this speaker. */
  get deviceId() {
    return this.device.value || kept().devices[this.speaker] || "";
  }

  async submit() {
    if (!this.agreed) {
      const row = await post("/api/record/consent", { speaker: this.speaker });
      this.speakers = [...this.speakers.filter((one) => one.name !== row.name), row];
    }
    // With one entry the list is not there yet: the browser names microphones only once it may use one.
    const device = this.device.options.length > 1 ? this.device.value : this.deviceId;
    keepChoice({ speaker: this.speaker, devices: { ...kept().devices, [this.speaker]: device } });
    this.show();
    this.onReady(this.speaker);
  }
}
