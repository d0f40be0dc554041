// WAV files of 16-bit samples, mono: read from this server, written to be played.

/**
 * The samples of a WAV file as this server writes them; none where it has no part named "data".
 * @param {ArrayBuffer} file
 * @returns {{samples: Float32Array<ArrayBuffer>, rate: number}} samples in [-1, 1), rate in Hz
 */
export function readWav(file) {
  const view = new DataView(file);
  let rate = 16000;
  let at = 12;
  while (at + 8 <= view.byteLength) {
    const size = view.getUint32(at + 4, true);
    if (view.getUint32(at) === 0x666d7420) rate = view.getUint32(at + 12, true); // "fmt "
    if (view.getUint32(at) === 0x64617461) { // "data"
      const samples = new Float32Array(Math.min(size, view.byteLength - at - 8) >> 1);
      for (let n = 0; n < samples.length; n++) samples[n] = view.getInt16(at + 8 + 2 * n, true) / 32768;
      return { samples, rate };
    }
    at += 8 + size + (size & 1);
  }
  return { samples: new Float32Array(0), rate };
}

/**
 * A WAV file of 16-bit samples, to be played.
 * @param {Int16Array} pcm
 * @param {number} rate
 * @returns {Blob}
 */
export function wavOf(pcm, rate) {
  const head = new DataView(new ArrayBuffer(44));
  [0x52494646, 36 + pcm.byteLength, 0x57415645, 0x666d7420, 16, 0x10001, rate, rate * 2, 0x100002, 0x64617461, pcm.byteLength].forEach((value, index) => {
    const isName = [0, 2, 3, 9].includes(index);
    head.setUint32(index * 4, value, !isName);
  });
  return new Blob([head, /** @type {Int16Array<ArrayBuffer>} */ (pcm)], { type: "audio/wav" });
}
