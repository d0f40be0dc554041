// The picture of a sound: its spectrogram on a canvas, in the colors of the theme.

import { SIZE, spectra } from "./fourier.js";

const RANGE = 70; // dB from the loudest to what is drawn as nothing

/**
 * Draw it as large as the canvas is in the page, in the colors of the theme.
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} samples
 */
export function drawSpectrogram(canvas, samples) {
  const columns = Math.max(1, Math.min(800, Math.round(canvas.clientWidth)));
  const rows = SIZE / 2;
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  if (!context) return;
  /** @type {Float32Array[]} */
  const found = [];
  let loudest = -90;
  spectra(samples, columns, (_, power) => {
    const levels = power.map((value) => 10 * Math.log10(value + 1e-9));
    for (const level of levels) loudest = Math.max(loudest, level);
    found.push(levels);
  });
  const style = getComputedStyle(canvas);
  const paper = rgb(style.backgroundColor);
  const ink = rgb(style.color);
  const picture = context.createImageData(columns, rows);
  found.forEach((levels, column) => {
    for (let bin = 0; bin < rows; bin += 1) {
      const share = Math.max(0, Math.min(1, (levels[bin] - loudest + RANGE) / RANGE)) ** 1.5;
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
