// Playing: speed, loops, autoplay, neighbours.

import { $ } from "./dom.js";
import { SPEEDS, Sound } from "./review-sound.js";
import { tell, tellError } from "./tell.js";
import { t } from "./words.js";

const AUTO = "idiolect.review.autoplay";
const SPEED = "idiolect.review.speed";

export class Player {
  /** @param {(stretch: {start: number, end: number} | null) => void} looped what is looped now, to be shown */
  constructor(looped) {
    this.looped = looped;
    /** @type {Sound | null} */
    this.sound = null;
    /** @type {Sound | null} a clip beside */
    this.beside = null;
    this.word = -1;
    this.loops = false;
    this.speed = Number(sessionStorage.getItem(SPEED) ?? 1) || 1;
    const box = /** @type {HTMLInputElement} */ ($("#autoplay"));
    box.checked = localStorage.getItem(AUTO) !== "off";
    box.addEventListener("change", () => localStorage.setItem(AUTO, box.checked ? "on" : "off"));
    this.box = box;
    for (const [id, step] of /** @type {[string, number][]} */ ([["#slower", -1], ["#faster", 1]])) $(id).addEventListener("click", () => this.pace(step));
    $("#play").addEventListener("click", () => this.toggle());
    $("#loop").addEventListener("click", () => this.toggleLoop());
    this.pace(0);
  }

  get auto() {
    return this.box.checked;
  }

  /** @param {Sound} sound of the clip that is shown now */
  use(sound) {
    this.beside?.drop();
    this.beside = null;
    if (this.sound !== sound) this.sound?.pause();
    this.sound = sound;
    this.word = -1;
    this.setLoop(false);
  }

  /** Play the clip from its start. */
  async begin() {
    const { sound } = this;
    if (!sound) return;
    this.word = -1;
    if (!sound.audio.src) await sound.ready;
    if (sound !== this.sound) return;
    if (sound.audio.currentTime) sound.audio.currentTime = 0; // a seek costs some milliseconds
    await this.start(sound, this.loops ? { start: 0, end: sound.duration, again: true } : null);
  }

  /**
   * @param {Sound} sound
   * @param {{start: number, end: number, again: boolean} | null} stretch
   */
  async start(sound, stretch) {
    this.beside?.pause();
    if (!(await sound.play(this.speed, stretch))) tell(t("Press Space to hear it: browsers play nothing before the first key."));
    if (stretch?.again) this.looped(stretch);
  }

  toggle() {
    const { sound } = this;
    if (!sound) return;
    if (sound.playing) sound.pause();
    else void this.start(sound, sound.stretch?.again ? sound.stretch : null);
  }

  /** @param {number} seconds from the start of the clip */
  from(seconds) {
    if (!this.sound) return;
    this.sound.stretch = null;
    this.setLoop(false);
    this.sound.audio.currentTime = seconds;
    void this.start(this.sound, null);
  }

  /**
   * Play a part once, or over and over where loops are on.
   * @param {number} start @param {number} end seconds
   * @param {number} word its place
   */
  stretch(start, end, word) {
    this.word = word;
    if (this.sound) void this.start(this.sound, { start, end, again: this.loops });
  }

  toggleLoop() {
    this.setLoop(!this.loops);
    const { sound } = this;
    if (!sound) return;
    const whole = { start: 0, end: sound.duration };
    const part = this.word >= 0 && sound.stretch ? sound.stretch : whole;
    if (this.loops) void this.start(sound, { ...part, again: true });
    else sound.stretch = null;
  }

  /** @param {boolean} on */
  setLoop(on) {
    this.loops = on;
    $("#loop").setAttribute("aria-pressed", String(on));
    if (!on) this.looped(null);
  }

  /** @param {number} step slower or faster */
  pace(step) {
    const place = SPEEDS.indexOf(this.speed);
    this.speed = SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, (place < 0 ? SPEEDS.indexOf(1) : place) + step))];
    sessionStorage.setItem(SPEED, String(this.speed));
    $("#speed").textContent = `${this.speed}×`;
    if (this.sound) this.sound.audio.playbackRate = this.speed;
  }

  /** @param {string | undefined} id of a clip beside; undefined where there is none */
  near(id) {
    if (!id) return;
    this.sound?.pause();
    if (this.beside?.id !== id) {
      this.beside?.drop();
      this.beside = new Sound(id);
    } else if (this.beside.playing) return this.beside.pause();
    const { beside } = this;
    beside.ready.then(() => beside.play(this.speed)).catch(tellError);
  }

  /** For each frame. */
  watch() {
    this.sound?.watch();
    const playing = String(this.sound?.playing ?? false);
    const button = $("#play");
    if (button.getAttribute("aria-pressed") === playing) return;
    button.setAttribute("aria-pressed", playing);
    $("#play-word").textContent = playing === "true" ? t("Pause") : t("Play");
  }
}
