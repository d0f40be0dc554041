// Runs in the audio thread: hands what the microphone gives to the page, in blocks, with the number of their first sample.

const scope = /** @type {any} */ (globalThis); // an AudioWorkletGlobalScope, for which the compiler has no types
const BLOCK = 1024; // samples: 21 ms at 48 kHz

class Recorder extends scope.AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(BLOCK);
    this.filled = 0;
    this.first = 0;
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
      if (this.filled === BLOCK) this.send();
    }
    return true;
  }

  send() {
    this.port.postMessage({ first: this.first, samples: this.block }, [this.block.buffer]);
    this.first += BLOCK;
    this.block = new Float32Array(BLOCK);
    this.filled = 0;
  }
}

scope.registerProcessor("idiolect-recorder", Recorder);
