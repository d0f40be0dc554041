// A clip as it is heard: fetched whole and read before its turn, so that it starts at once.

import { bytesOf } from "./api.js";
import { $, el } from "./dom.js";
import { SIZE, spectra } from "./fourier.js";
import { readWav } from "./wav.js";

export const SPEEDS = [0.5, 0.6, 0.75, 0.9, 1, 1.25, 1.5, 2];
const ROWS = 96; // of the spectrogram: mel-like bands from 0 to 8 kHz

export class Sound {
  /** @param {string} id of the clip */
  constructor(id) {
    this.id = id;
    this.samples = new Float32Array(0);
    this.rate = 16000;
    /** @type {ImageData | null} levels in the alpha, the colour is the picture's choice */
    this.spectrum = null;
    /** Where playing stops, or begins again in a loop. @type {{start: number, end: number, again: boolean} | null} */
    this.stretch = null;
    this.audio = el("audio", { preload: "auto", "data-clip": id });
    $("#sounds").append(this.audio);
    /** @type {Promise<void>} */
    this.ready = this.load();
  }

  async load() {
    const bytes = await bytesOf(`/api/clips/${this.id}/audio.wav`, () => this.audio.isConnected);
    if (!bytes) return;
    this.address = URL.createObjectURL(new Blob([bytes], { type: "audio/wav" }));
    this.audio.src = this.address;
    this.audio.preservesPitch = true;
    this.audio.load();
    ({ samples: this.samples, rate: this.rate } = readWav(bytes));
    // The spectrogram waits for a quiet moment: it must not hold up a key.
    setTimeout(() => (this.spectrum = spectrumOf(this.samples)), 30);
  }

  get duration() {
    return this.samples.length / this.rate;
  }

  get playing() {
    return !this.audio.paused && !this.audio.ended;
  }

  /**
   * @param {number} speed
   * @param {{start: number, end: number, again: boolean} | null} [stretch] seconds; none: from where it stands, or the start
   * @returns {Promise<boolean>} false where the browser wants a key or click before it plays anything
   */
  async play(speed, stretch = null) {
    this.stretch = stretch;
    const { audio } = this;
    if (stretch) audio.currentTime = stretch.start;
    else if (audio.ended || audio.currentTime >= this.duration - 0.05) audio.currentTime = 0;
    audio.playbackRate = speed;
    try {
      await audio.play();
      return true;
    } catch (error) {
      if (error instanceof DOMException && error.name === "NotAllowedError") return false;
      if (error instanceof DOMException && error.name === "AbortError") return true; // another key came first
      throw error;
    }
  }

  /** Called for each frame: stops or begins again at the end of a stretch. */
  watch() {
    const { audio, stretch } = this;
    if (!stretch || (audio.paused && !audio.ended)) return;
    if (audio.currentTime < stretch.end - 0.01 && !audio.ended) return;
    if (stretch.again) {
      audio.currentTime = stretch.start;
      if (audio.paused) void audio.play();
    } else {
      audio.pause();
      this.stretch = null;
    }
  }

  pause() {
    this.audio.pause();
  }

  /** Give everything back. */
  drop() {
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.remove();
    if (this.address) URL.revokeObjectURL(this.address);
  }
}

/**
 * Log levels of mel-like bands over time; 80 dB below the loudest is silence.
 * @param {Float32Array} samples 16 kHz
 * @returns {ImageData}
 */
function spectrumOf(samples) {
  const columns = Math.max(2, Math.min(700, Math.floor(samples.length / 128)));
  const levels = new Float32Array(columns * ROWS);
  let loudest = -Infinity;
  spectra(samples, columns, (column, power) => {
    for (let row = 0; row < ROWS; row++) {
      let most = 1e-12;
      for (let bin = EDGES[row]; bin < EDGES[row + 1]; bin++) most = Math.max(most, power[bin]);
      const level = 10 * Math.log10(most);
      levels[row * columns + column] = level;
      loudest = Math.max(loudest, level);
    }
  });
  const image = new ImageData(columns, ROWS);
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < columns; column++) {
      const share = 1 + (levels[row * columns + column] - loudest) / 80;
      image.data[4 * ((ROWS - 1 - row) * columns + column) + 3] = 255 * Math.max(0, share) ** 1.6;
    }
  }
  return image;
}

/** First bin of each row, in equal steps of mel (2595 log10(1 + f / 700)); each row has one bin at least. */
const EDGES = (() => {
  const most = 2595 * Math.log10(1 + 8000 / 700);
  const found = [0];
  for (let row = 1; row <= ROWS; row++) {
    const hertz = 700 * (10 ** ((most * row) / ROWS / 2595) - 1);
    found.push(Math.min(SIZE / 2, Math.max(Math.round((hertz / 16000) * SIZE), Math.min(row, SIZE / 2))));
  }
  return found.map((edge, row) => (row && edge <= found[row - 1] ? found[row - 1] + 1 : edge));
})();
