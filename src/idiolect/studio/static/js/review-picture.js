// What is seen of a clip: waveform, spectrogram, words at their times, and a cursor that goes with the sound.

import { $, el } from "./dom.js";
import { markOf } from "./review-view.js";

/** @typedef {import("./review-sound.js").Sound} Sound */
/** @typedef {import("./review-view.js").Word} Word */

export class Picture {
  /**
   * @param {(seconds: number) => void} seek a place was pressed
   * @param {(word: number) => void} hear a word was pressed
   */
  constructor(seek, hear) {
    this.hear = hear;
    /** @type {Sound | null} */
    this.sound = null;
    /** @type {Word[]} */
    this.words = [];
    this.drawn = "";
    const whole = $("#picture");
    whole.addEventListener("pointerdown", (event) => {
      if (event.target instanceof HTMLCanvasElement && this.sound) {
        const box = whole.getBoundingClientRect();
        seek(((event.clientX - box.left) / box.width) * this.sound.duration);
      }
    });
    new ResizeObserver(() => this.draw(true)).observe(whole);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw(true));
  }

  /**
   * @param {Sound} sound
   * @param {Word[]} words
   */
  show(sound, words) {
    this.sound = sound;
    this.words = words;
    this.drawn = "";
    const strip = $("#strip");
    strip.replaceChildren();
    const whole = sound.duration || 1;
    words.forEach((word, place) => {
      const box = el("span", { class: markOf(word), title: word.word, onclick: () => this.hear(place) }, word.word);
      box.style.left = `${(100 * word.start) / whole}%`;
      box.style.width = `${(100 * Math.max(0.02, word.end - word.start)) / whole}%`;
      strip.append(box);
    });
    this.loop(null);
    this.draw();
    this.cursor();
  }

  /** @param {{start: number, end: number} | null} stretch */
  loop(stretch) {
    const box = $("#looped");
    box.hidden = !stretch;
    if (!stretch || !this.sound) return;
    box.style.left = `${(100 * stretch.start) / this.sound.duration}%`;
    box.style.width = `${(100 * (stretch.end - stretch.start)) / this.sound.duration}%`;
  }

  /** For each frame: the cursor, and the word that is heard. Draws what has become ready. */
  cursor() {
    const { sound } = this;
    if (!sound || !sound.duration) return;
    const at = sound.audio.currentTime;
    const width = $("#picture").clientWidth;
    $("#cursor").style.transform = `translateX(${(width * at) / sound.duration}px)`;
    const now = sound.playing ? this.words.findIndex((word) => at >= word.start && at < word.end) : -1;
    for (const list of [$("#strip").children, $("#text").children]) {
      for (let place = 0; place < list.length; place++) list[place].classList.toggle("heard", place === now);
    }
    this.draw();
  }

  /** @param {boolean} [again] also where it is drawn already */
  draw(again = false) {
    const { sound } = this;
    if (!sound || !sound.samples.length) return;
    const state = `${sound.id} ${sound.spectrum !== null}`;
    if (state === this.drawn && !again) return;
    this.drawn = state;
    drawWave(canvasOf("#wave"), sound.samples);
    drawSpectrum(canvasOf("#spectrum"), sound.spectrum);
  }
}

/**
 * A canvas in the pixels of the screen.
 * @param {string} selector
 * @returns {HTMLCanvasElement}
 */
function canvasOf(selector) {
  /** @type {HTMLCanvasElement} */
  const canvas = $(selector);
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  canvas.height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  return canvas;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} samples
 */
function drawWave(canvas, samples) {
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const { width, height } = canvas;
  let most = 0.05;
  for (const value of samples) most = Math.max(most, Math.abs(value));
  pen.fillStyle = getComputedStyle(canvas).color;
  for (let x = 0; x < width; x++) {
    const [from, to] = [Math.floor((x / width) * samples.length), Math.ceil(((x + 1) / width) * samples.length)];
    let [low, high] = [0, 0];
    for (let n = from; n < to && n < samples.length; n++) {
      low = Math.min(low, samples[n]);
      high = Math.max(high, samples[n]);
    }
    const scale = (0.46 * height) / most;
    pen.fillRect(x, height / 2 - high * scale, 1, Math.max(1, (high - low) * scale));
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {ImageData | null} spectrum
 */
function drawSpectrum(canvas, spectrum) {
  if (!spectrum) return;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const small = new OffscreenCanvas(spectrum.width, spectrum.height);
  /** @type {OffscreenCanvasRenderingContext2D} */ (small.getContext("2d")).putImageData(spectrum, 0, 0);
  pen.imageSmoothingEnabled = true;
  pen.drawImage(small, 0, 0, canvas.width, canvas.height);
  pen.globalCompositeOperation = "source-in";
  pen.fillStyle = getComputedStyle(canvas).color;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.globalCompositeOperation = "source-over";
}
