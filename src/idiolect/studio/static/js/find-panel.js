// One clip: heard, seen, measured, and all that was said about it.

import { get } from "./api.js";
import { $, el } from "./dom.js";
import { percent } from "./numbers.js";
import { drawSpectrogram } from "./sound-picture.js";
import { readWav } from "./wav.js";
import { t } from "./words.js";

/**
 * @typedef {object} PanelOptions
 * @property {string[]} pages that the studio has
 * @property {(what: string, value: string, id: string) => Promise<unknown>} act do something to the clip
 */

export class Panel {
  /** @param {HTMLElement} part @param {PanelOptions} options */
  constructor(part, options) {
    this.part = part;
    this.options = options;
    this.id = "";
    this.sound = new Audio();
    this.canvas = el("canvas", { class: "picture", role: "img" });
    this.head = el("div", { class: "playhead", hidden: true });
    this.button = el("button", { class: "button primary", type: "button", onclick: () => (this.playing() ? this.stop() : this.play()) });
    for (const name of ["play", "pause", "ended"]) this.sound.addEventListener(name, () => this.sounding());
    this.sounding();
    this.canvas.addEventListener("click", (event) => {
      this.sound.currentTime = (event.offsetX / this.canvas.clientWidth) * (this.sound.duration || 0);
      this.play();
    });
  }

  playing() {
    return !this.sound.paused;
  }

  play() {
    if (this.id) void this.sound.play().catch(() => undefined); // another clip was chosen meanwhile
  }

  stop() {
    this.sound.pause();
    this.sound.currentTime = 0;
  }

  sounding() {
    const plays = this.playing();
    this.button.replaceChildren(el("span", { "aria-hidden": "true" }, plays ? "■" : "▶"), plays ? t("Stop") : t("Play"));
    this.head.hidden = !plays;
    if (plays) requestAnimationFrame(() => this.follow());
  }

  /** The line over the picture follows the sound. */
  follow() {
    if (!this.playing()) return;
    this.head.style.transform = `translateX(${(this.sound.currentTime / (this.sound.duration || 1)) * this.canvas.clientWidth}px)`;
    requestAnimationFrame(() => this.follow());
  }

  close() {
    this.stop();
    this.id = "";
    $("#panel-full").hidden = true;
    $("#panel-empty").hidden = false;
    this.part.classList.remove("open");
  }

  /**
   * @param {string} id
   * @param {boolean} [open] over the list, where there is no room beside it
   */
  async show(id, open = true) {
    if (open) this.part.classList.add("open");
    if (id === this.id) return;
    this.stop();
    this.id = id;
    this.sound.src = `/api/clips/${id}/audio.wav`;
    await this.refresh();
    await this.picture(id);
  }

  /** Show what is known of the clip now. */
  async refresh() {
    const { id } = this;
    if (!id) return;
    const clip = await get(`/api/find/clips/${id}`);
    if (id !== this.id) return;
    this.canvas.setAttribute("aria-label", t("Spectrogram of {seconds} seconds, low sounds below", { seconds: clip.duration.toFixed(1) }));
    $("#panel-full").replaceChildren(this.top(clip), el("div", { class: "over" }, this.canvas, this.head), measures(clip), facts(clip), labels(clip));
    $("#panel-full").hidden = false;
    $("#panel-empty").hidden = true;
  }

  /** @param {any} clip */
  top(clip) {
    const said = clip.text === null ? t("no label yet") : clip.text.trim() || t("nobody speaks");
    const unsure = clip.marks.includes("unsure");
    const turn = el("button", { class: "button", type: "button", "aria-pressed": String(unsure), onclick: () => this.options.act(unsure ? "unmark" : "mark", "unsure", clip.id) }, t("Unsure"));
    const queue = el("button", { class: "button", type: "button", onclick: () => this.options.act("queue", "", clip.id) }, t("Queue for review"));
    const row = el("div", { class: "row" }, this.button, queue, turn);
    if (this.options.pages.includes("review")) row.append(el("a", { class: "button quiet", href: `/review?clip=${clip.id}` }, t("Review now")));
    const close = el("button", { class: "button quiet shut", type: "button", "aria-label": t("Close"), onclick: () => this.close() }, "×");
    return el("div", { class: "stack tight" }, el("div", { class: "row spread nowrap" }, el("h2", { class: "clip-text" }, said), close), row);
  }

  /** @param {string} id */
  async picture(id) {
    const answer = await fetch(`/api/clips/${id}/audio.wav`);
    this.canvas.hidden = !answer.ok;
    if (!answer.ok || id !== this.id) return;
    const { samples } = readWav(await answer.arrayBuffer());
    if (id === this.id) drawSpectrogram(this.canvas, samples);
  }
}

/** @param {any} clip */
function measures(clip) {
  const list = el("dl", { class: "measures" });
  for (const [name, shown, verdict] of judged(clip)) {
    list.append(el("div", {}, el("dt", {}, name), el("dd", {}, el("span", { class: "number" }, shown), verdict)));
  }
  return list;
}

/**
 * @param {any} clip
 * @returns {[string, string, HTMLElement | string][]} name, value, and what it means
 */
function judged(clip) {
  const good = () => el("span", { class: "badge good" }, t("good"));
  const bad = (/** @type {string} */ why) => el("span", { class: "badge warn" }, why);
  return [
    [t("Speech over noise"), clip.snr === null ? "–" : `${Math.round(clip.snr)} dB`, clip.snr === null ? "" : clip.snr < 10 ? bad(t("noisy")) : good()],
    [t("Level"), clip.level === null ? "–" : `${Math.round(clip.level)} dB`, clip.level === null ? "" : clip.level < -40 ? bad(t("quiet")) : good()],
    [t("Clipping"), clip.clipping === null ? "–" : percent(clip.clipping), clip.clipping === null ? "" : clip.clipping > 0.001 ? bad(t("too loud")) : good()],
    [t("Speech"), clip.speech === null ? "–" : `${Math.round(100 * clip.speech)} %`, clip.speech === null ? "" : clip.speech < 0.2 ? bad(t("little")) : good()],
  ];
}

/** @param {any} clip */
function facts(clip) {
  const list = el("dl", { class: "facts" });
  const rows = [
    [t("Speaker"), clip.speaker],
    [t("Session"), clip.session],
    [t("Import"), clip.collection],
    [t("File"), clip.origin && `${clip.origin}, ${clip.start.toFixed(1)} s`],
    [t("Split"), clip.split],
    [t("Tags"), clip.tags.join(", ")],
    [t("May travel"), t(clip.sensitivity)],
    [t("Id"), clip.id.slice(0, 12)],
  ];
  for (const [name, value] of rows) if (value) list.append(el("dt", {}, name), el("dd", { class: "clip-text" }, value));
  return list;
}

/** @param {any} clip */
function labels(clip) {
  const list = el("ul", { class: "claims" });
  for (const one of clip.all_labels) {
    const said = one.text === null ? t("no text") : one.text.trim() || t("nobody speaks");
    const sure = one.confidence === null ? "" : ` · ${Math.round(100 * one.confidence)} %`;
    list.append(el("li", {}, el("span", { class: `badge${one.kind === "human" ? " good" : ""}` }, one.source), el("span", { class: "muted small number" }, sure), el("p", { class: "clip-text" }, said)));
  }
  const none = el("p", { class: "muted" }, t("Nobody has said anything about this clip yet."));
  return el("section", { class: "stack tight" }, el("h3", {}, t("Labels, the newest first")), clip.all_labels.length ? list : none);
}
