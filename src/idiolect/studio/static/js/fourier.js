// Power over frequency: what the pictures of a sound are made of.

/** Samples of one spectrum: 32 ms at 16 kHz. A power of two. */
export const SIZE = 512;

const HANN = Float32Array.from({ length: SIZE }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / SIZE));

/**
 * The power of `columns` spectra, in equal steps over the samples; what lies outside of them is silence.
 * @param {Float32Array} samples
 * @param {number} columns
 * @param {(column: number, power: Float32Array) => void} give `SIZE / 2` values from 0 Hz up; the array is used again
 */
export function spectra(samples, columns, give) {
  const real = new Float32Array(SIZE);
  const imaginary = new Float32Array(SIZE);
  const power = new Float32Array(SIZE / 2);
  for (let column = 0; column < columns; column++) {
    const first = Math.round(((column + 0.5) * samples.length) / columns) - SIZE / 2;
    for (let n = 0; n < SIZE; n++) real[n] = (samples[first + n] ?? 0) * HANN[n];
    imaginary.fill(0);
    transform(real, imaginary);
    for (let bin = 0; bin < power.length; bin++) power[bin] = real[bin] ** 2 + imaginary[bin] ** 2;
    give(column, power);
  }
}

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
