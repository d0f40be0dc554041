// How loud it is, and what is wrong with it: clipping, nothing at all, too quiet, a noisy room.

import { el } from "./dom.js";
import { t } from "./words.js";

/** @typedef {"" | "clipping" | "silent" | "quiet" | "noisy"} Trouble */

const LOWEST = -60; // dB, the left end of the meter
const CLIPPED = 0.985; // peaks this near full scale: converters clip a little below it
const HOLD = 2; // seconds that a peak and a warning stay
const QUIET = -26; // dB of the highest peak; below it the last 4 of 16 bits are unused
const NOISY = 20; // dB between voice and noise; below it engines hear worse
const VOICE = -24; // dB, where nobody has spoken yet: a voice at half a meter
const REMEMBERED = 4; // seconds of quiet that the noise is judged by

/** @param {number} value 0 to 1 */
export const decibel = (value) => 20 * Math.log10(Math.max(value, 1e-6));

/** Judges levels as they come; knows nothing of the page. */
export class LevelWatch {
  constructor() {
    this.time = 0;
    this.peak = 0;
    this.rms = 0;
    this.peakAt = -HOLD;
    this.clippedAt = -HOLD;
    this.soundAt = 0;
    this.recording = false;
    this.since = 0;
    this.highest = 0;
    this.voice = VOICE;
    /** @type {number[]} dB of blocks while nobody records */
    this.quiet = [];
    /** @type {number[]} dB of blocks of this take */
    this.spoken = [];
  }

  /** @param {import("./microphone.js").Level} level */
  feed({ peak, rms, seconds }) {
    this.time += seconds;
    this.rms = Math.max(rms, this.rms * Math.exp(-seconds / 0.15));
    if (peak >= this.peak || this.time - this.peakAt > HOLD) [this.peak, this.peakAt] = [peak, this.time];
    if (peak >= CLIPPED) this.clippedAt = this.time;
    if (peak > 1e-5) this.soundAt = this.time;
    if (this.recording) {
      this.highest = Math.max(this.highest, peak);
      this.spoken.push(decibel(rms));
      return;
    }
    this.quiet.push(decibel(rms));
    while (this.quiet.length * seconds > REMEMBERED) this.quiet.shift();
  }

  begin() {
    this.recording = true;
    this.since = this.time;
    this.highest = 0;
    this.spoken = [];
  }

  /** The take is over: what was loud in it is this voice. */
  end() {
    this.recording = false;
    if (this.spoken.length) this.voice = percentile(this.spoken, 0.85);
    this.quiet = [];
  }

  /** dB of the room while nobody speaks; null where it was not listened to for long enough. */
  get noise() {
    return this.quiet.length < 20 ? null : percentile(this.quiet, 0.3);
  }

  /** dB from the noise to the voice; null where the noise is not known. */
  get distance() {
    return this.noise === null ? null : Math.max(0, this.voice - this.noise);
  }

  /** @returns {Trouble} */
  get trouble() {
    if (this.time - this.clippedAt < HOLD) return "clipping";
    if (this.time - this.soundAt > 1) return "silent";
    if (this.recording) return this.time - this.since > 2 && decibel(this.highest) < QUIET ? "quiet" : "";
    return this.distance !== null && this.distance < NOISY ? "noisy" : "";
  }
}

/**
 * The meter itself: a bar for the mean, a mark for the peak, and a number for who does not see it.
 */
export class Meter {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.bar = el("span", { class: "fill" });
    this.mark = el("span", { class: "peak" });
    this.meter = el("div", { class: "level", role: "meter", "aria-label": t("Level"), "aria-valuemin": LOWEST, "aria-valuemax": 0, "aria-valuenow": LOWEST }, this.bar, this.mark);
    this.said = 0;
    place.replaceChildren(this.meter);
  }

  /** @param {LevelWatch} watch */
  draw(watch) {
    const [rms, peak] = [decibel(watch.rms), decibel(watch.peak)];
    this.bar.style.clipPath = `inset(0 ${100 - share(rms)}% 0 0)`;
    this.mark.style.left = `${share(peak)}%`;
    this.meter.classList.toggle("clipped", watch.trouble === "clipping");
    if (Math.abs(watch.time - this.said) < 0.5) return; // twice a second: what reads it aloud has to keep up
    this.said = watch.time;
    this.meter.setAttribute("aria-valuenow", String(Math.round(Math.max(LOWEST, rms))));
    this.meter.setAttribute("aria-valuetext", t("{n} dB", { n: Math.round(Math.max(LOWEST, rms)) }));
  }
}

/**
 * @param {Trouble} trouble
 * @returns {string}
 */
export function troubleText(trouble) {
  if (trouble === "clipping") return t("Too loud: it clips. Move away from the microphone, or turn it down.");
  if (trouble === "silent") return t("The microphone gives nothing. Is it muted?");
  if (trouble === "quiet") return t("Very quiet. Come nearer, or turn the microphone up.");
  if (trouble === "noisy") return t("The room is noisy. Close a window, turn off a fan, or come nearer.");
  return "";
}

/** @param {number} value dB */
function share(value) {
  return Math.max(0, Math.min(100, (100 * (value - LOWEST)) / -LOWEST));
}

/**
 * @param {number[]} values
 * @param {number} part 0 to 1
 */
function percentile(values, part) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}
