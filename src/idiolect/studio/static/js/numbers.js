// Numbers and moments as the pages write them.

const language = document.documentElement.lang;

/**
 * A share with one digit after the point: `4.2 %`.
 * @param {number} share 0.042
 */
export const percent = (share) => `${(100 * share).toFixed(1)} %`;

/**
 * A whole number with the separators of the language.
 * @param {number} many
 */
export const grouped = (many) => many.toLocaleString(language);

/**
 * Day and time of day.
 * @param {string | number} at as `Date` takes it: ISO 8601, or milliseconds since 1970
 * @param {"medium" | "short"} [day] how long the day is written
 */
export const moment = (at, day = "medium") => new Date(at).toLocaleString(language, { dateStyle: day, timeStyle: "short" });

/**
 * `3 min 05 s`, as `idiolect.units.show_duration` writes it, but for tenths: what runs changes too fast for them.
 * @param {number} seconds
 * @returns {string}
 */
export function duration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}
