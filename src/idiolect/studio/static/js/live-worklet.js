// Runs in the audio thread: hands what the microphone gives to the page, in blocks.

const scope = /** @type {any} */ (globalThis); // an AudioWorkletGlobalScope, for which the compiler has no types
const BLOCK = 2048; // samples: 43 ms at 48 kHz

class Live extends scope.AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(BLOCK);
    this.filled = 0;
  }

  /**
   * @param {Float32Array[][]} inputs
   * @returns {boolean} true: call again
   */
  process(inputs) {
    const samples = inputs[0][0];
    for (let at = 0; samples && at < samples.length; ) {
      const count = Math.min(BLOCK - this.filled, samples.length - at);
      this.block.set(samples.subarray(at, at + count), this.filled);
      this.filled += count;
      at += count;
      if (this.filled === BLOCK) {
        this.port.postMessage(this.block, [this.block.buffer]);
        this.block = new Float32Array(BLOCK);
        this.filled = 0;
      }
    }
    return true;
  }
}

scope.registerProcessor("idiolect-live", Live);
