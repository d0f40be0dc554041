// A clip as it is heard: fetched whole and read before its turn, so that it starts at once.

import { $, el } from "./dom.js";

export const SPEEDS = [0.5, 0.6, 0.75, 0.9, 1, 1.25, 1.5, 2];
const ROWS = 96; // of the spectrogram: mel-like bands from 0 to 8 kHz
const SIZE = 512; // samples of one spectrum: 32 ms at 16 kHz

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
    const answer = await fetch(`/api/clips/${this.id}/audio.wav`);
    if (!answer.ok) throw new Error(`the sound of clip ${this.id.slice(0, 8)} cannot be read (${answer.status})`);
    const bytes = await answer.arrayBuffer();
    this.address = URL.createObjectURL(new Blob([bytes], { type: "audio/wav" }));
    this.audio.src = this.address;
    this.audio.preservesPitch = true;
    this.audio.load();
    this.read(new DataView(bytes));
    // The spectrogram waits for a quiet moment: it must not hold up a key.
    setTimeout(() => (this.spectrum = spectrumOf(this.samples)), 30);
  }

  /** @param {DataView} view of a WAV file, 16 bit and mono */
  read(view) {
    let at = 12;
    while (at + 8 <= view.byteLength) {
      const size = view.getUint32(at + 4, true);
      if (view.getUint32(at) === 0x666d7420) this.rate = view.getUint32(at + 12, true); // "fmt "
      if (view.getUint32(at) === 0x64617461) { // "data"
        const many = Math.min(size, view.byteLength - at - 8) >> 1;
        this.samples = new Float32Array(many);
        for (let n = 0; n < many; n++) this.samples[n] = view.getInt16(at + 8 + 2 * n, true) / 32768;
        return;
      }
      at += 8 + size + (size & 1);
    }
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
export function spectrumOf(samples) {
  const columns = Math.max(2, Math.min(700, Math.floor(samples.length / 128)));
  const levels = new Float32Array(columns * ROWS);
  const real = new Float32Array(SIZE);
  const imaginary = new Float32Array(SIZE);
  let loudest = -Infinity;
  for (let column = 0; column < columns; column++) {
    const middle = ((column + 0.5) / columns) * samples.length - SIZE / 2;
    for (let n = 0; n < SIZE; n++) {
      real[n] = (samples[Math.round(middle + n)] ?? 0) * HANN[n];
      imaginary[n] = 0;
    }
    transform(real, imaginary);
    for (let row = 0; row < ROWS; row++) {
      let sum = 1e-12;
      for (let bin = EDGES[row]; bin < EDGES[row + 1]; bin++) sum = Math.max(sum, real[bin] ** 2 + imaginary[bin] ** 2);
      const level = 10 * Math.log10(sum);
      levels[row * columns + column] = level;
      if (level > loudest) loudest = level;
    }
  }
  const image = new ImageData(columns, ROWS);
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < columns; column++) {
      const share = 1 + (levels[row * columns + column] - loudest) / 80;
      image.data[4 * ((ROWS - 1 - row) * columns + column) + 3] = 255 * Math.max(0, share) ** 1.6;
    }
  }
  return image;
}

const HANN = Float32Array.from({ length: SIZE }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / SIZE));
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

/**
 * The discrete Fourier transform in place (Cooley and Tukey, 1965; radix 2).
 * @param {Float32Array} real
 * @param {Float32Array} imaginary
 */
function transform(real, imaginary) {
  const size = real.length;
  for (let n = 1, mirrored = 0; n < size; n++) {
    let bit = size >> 1;
    for (; mirrored & bit; bit >>= 1) mirrored ^= bit;
    mirrored ^= bit;
    if (n < mirrored) {
      [real[n], real[mirrored]] = [real[mirrored], real[n]];
      [imaginary[n], imaginary[mirrored]] = [imaginary[mirrored], imaginary[n]];
    }
  }
  for (let span = 2; span <= size; span *= 2) {
    const angle = (-2 * Math.PI) / span;
    for (let k = 0; k < span / 2; k++) {
      const [c, s] = [Math.cos(angle * k), Math.sin(angle * k)];
      for (let low = k; low < size; low += span) {
        const high = low + span / 2;
        const re = real[high] * c - imaginary[high] * s;
        const im = real[high] * s + imaginary[high] * c;
        real[high] = real[low] - re;
        imaginary[high] = imaginary[low] - im;
        real[low] += re;
        imaginary[low] += im;
      }
    }
  }
}
