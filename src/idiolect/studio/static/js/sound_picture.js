// The picture of a sound: its WAV file, as a spectrogram on a canvas, with the place that is heard.

const FRAME = 512; // samples; 32 ms at 16 kHz
const RANGE = 70; // dB from the loudest to what is drawn as nothing

/**
 * The samples of a WAV file as this server writes them: 16 bit, mono.
 * @param {ArrayBuffer} file
 * @returns {{samples: Float32Array, rate: number}}
 */
export function readWav(file) {
  const view = new DataView(file);
  const rate = view.getUint32(24, true);
  let at = 12;
  while (at + 8 <= file.byteLength && view.getUint32(at, false) !== 0x64617461) at += 8 + view.getUint32(at + 4, true);
  const count = Math.max(0, Math.floor((file.byteLength - at - 8) / 2));
  const samples = new Float32Array(count);
  for (let index = 0; index < count; index += 1) samples[index] = view.getInt16(at + 8 + 2 * index, true) / 32768;
  return { samples, rate };
}

/**
 * Fast Fourier transform in place (Cooley and Tukey 1965); the length is a power of two.
 * @param {Float32Array} real
 * @param {Float32Array} imaginary
 */
export function transform(real, imaginary) {
  const size = real.length;
  for (let index = 1, turned = 0; index < size; index += 1) {
    let bit = size >> 1;
    for (; turned & bit; bit >>= 1) turned ^= bit;
    turned ^= bit;
    if (index < turned) {
      [real[index], real[turned]] = [real[turned], real[index]];
      [imaginary[index], imaginary[turned]] = [imaginary[turned], imaginary[index]];
    }
  }
  for (let length = 2; length <= size; length <<= 1) {
    const half = length >> 1;
    for (let start = 0; start < size; start += length) {
      for (let step = 0; step < half; step += 1) {
        const angle = (-2 * Math.PI * step) / length;
        const cos = Math.cos(angle);
        const sin = Math.sin(angle);
        const other = start + step + half;
        const turnedReal = real[other] * cos - imaginary[other] * sin;
        const turnedImaginary = real[other] * sin + imaginary[other] * cos;
        real[other] = real[start + step] - turnedReal;
        imaginary[other] = imaginary[start + step] - turnedImaginary;
        real[start + step] += turnedReal;
        imaginary[start + step] += turnedImaginary;
      }
    }
  }
}

/**
 * Power in dB: `columns` spectra of `FRAME / 2` values from low to high.
 * @param {Float32Array} samples
 * @param {number} columns
 * @returns {Float32Array[]}
 */
export function spectra(samples, columns) {
  const found = [];
  const real = new Float32Array(FRAME);
  const imaginary = new Float32Array(FRAME);
  for (let column = 0; column < columns; column += 1) {
    const middle = Math.round(((column + 0.5) * samples.length) / columns);
    for (let index = 0; index < FRAME; index += 1) {
      const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / FRAME);
      real[index] = (samples[middle - FRAME / 2 + index] ?? 0) * hann;
      imaginary[index] = 0;
    }
    transform(real, imaginary);
    const power = new Float32Array(FRAME / 2);
    for (let bin = 0; bin < FRAME / 2; bin += 1) power[bin] = 10 * Math.log10(real[bin] ** 2 + imaginary[bin] ** 2 + 1e-9);
    found.push(power);
  }
  return found;
}

/**
 * Draw it as large as the canvas is in the page, in the colors of the theme.
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} samples
 */
export function drawSpectrogram(canvas, samples) {
  const columns = Math.max(1, Math.min(800, Math.round(canvas.clientWidth)));
  const rows = FRAME / 2;
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  if (!context) return;
  const found = spectra(samples, columns);
  let loudest = -90;
  for (const one of found) for (const value of one) loudest = Math.max(loudest, value);
  const style = getComputedStyle(canvas);
  const paper = rgb(style.backgroundColor);
  const ink = rgb(style.color);
  const picture = context.createImageData(columns, rows);
  found.forEach((power, column) => {
    for (let bin = 0; bin < rows; bin += 1) {
      const share = Math.max(0, Math.min(1, (power[bin] - loudest + RANGE) / RANGE)) ** 1.5;
      const at = 4 * ((rows - 1 - bin) * columns + column);
      for (let part = 0; part < 3; part += 1) picture.data[at + part] = paper[part] + (ink[part] - paper[part]) * share;
      picture.data[at + 3] = 255;
    }
  });
  context.putImageData(picture, 0, 0);
}

/**
 * @param {string} color as getComputedStyle gives it
 * @returns {number[]}
 */
function rgb(color) {
  return (color.match(/[\d.]+/g) ?? ["0", "0", "0"]).slice(0, 3).map(Number);
}
