// Samples in memory: the last half second, 16-bit numbers, and parts of equal length.

/**
 * The 16-bit numbers of samples in [-1, 1]; what passes full scale is clipped to it.
 * @param {Float32Array} samples
 * @returns {Int16Array<ArrayBuffer>}
 */
export function toPcm(samples) {
  const out = new Int16Array(samples.length);
  for (let at = 0; at < samples.length; at++) out[at] = Math.max(-32768, Math.min(32767, Math.round(samples[at] * 32768)));
  return out;
}

/** What came last: `length` samples at most, or a block more. */
export class Ring {
  /** @param {number} length */
  constructor(length) {
    this.length = length;
    /** @type {Float32Array[]} */
    this.blocks = [];
    this.held = 0;
  }

  /** @param {Float32Array} block */
  push(block) {
    this.blocks.push(block);
    this.held += block.length;
    while (this.held - this.blocks[0].length >= this.length) this.held -= /** @type {Float32Array} */ (this.blocks.shift()).length;
  }

  /**
   * All of it, in order; it is empty afterwards.
   * @returns {Float32Array[]}
   */
  take() {
    const { blocks } = this;
    this.blocks = [];
    this.held = 0;
    return blocks;
  }
}

/** Blocks of any length in, parts of `length` samples out; `rest` gives what is left. */
export class Parts {
  /**
   * @param {number} length
   * @param {(part: Int16Array<ArrayBuffer>) => void} give
   */
  constructor(length, give) {
    this.length = length;
    this.give = give;
    this.waiting = new Int16Array(length);
    this.filled = 0;
    this.samples = 0;
  }

  /** @param {Float32Array} block */
  push(block) {
    const pcm = toPcm(block);
    this.samples += pcm.length;
    for (let at = 0; at < pcm.length; ) {
      const count = Math.min(this.length - this.filled, pcm.length - at);
      this.waiting.set(pcm.subarray(at, at + count), this.filled);
      this.filled += count;
      at += count;
      if (this.filled === this.length) this.rest();
    }
  }

  /** Give what waits as a part, however short. */
  rest() {
    if (!this.filled) return;
    this.give(this.waiting.slice(0, this.filled));
    this.filled = 0;
  }
}
