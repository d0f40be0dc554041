// Curves by Plotly, whose script is loaded when the first one is drawn; each with a table that says the same.

import { el } from "./dom.js";
import { t } from "./words.js";

/**
 * @typedef {object} Curve
 * @property {string} name
 * @property {number[]} x minutes of training
 * @property {number[]} y
 * @property {number[]} steps
 */

const DASHES = ["solid", "dash", "dot", "dashdot", "longdash"];
const SIGNS = ["circle", "square", "diamond", "triangle-up", "cross"];
const COLORS = ["--accent", "--bad", "--focus", "--warn", "--ink"];

/** @type {Promise<any> | undefined} */
let loading;

/** @typedef {{address: string, styles: string[]}} Source where Plotly's script is, and ids of styles that it would add */

/**
 * @param {Source} source
 * @returns {Promise<any>}
 */
function plotly(source) {
  loading ??= new Promise((resolve, reject) => {
    // It adds what it needs for maps unless elements of these ids are there; we draw none, and the policy refuses them.
    for (const id of source.styles) document.head.append(el("template", { id }));
    const script = el("script", { src: source.address });
    script.addEventListener("load", () => resolve(/** @type {any} */ (window).Plotly));
    script.addEventListener("error", () => reject(new Error(t("The charts did not load."))));
    document.head.append(script);
  });
  return loading;
}

/**
 * Draw curves into `place`; drawn again, they change in place.
 * @param {Source} source
 * @param {HTMLElement} place
 * @param {Curve[]} curves
 * @param {{percent?: boolean, points?: boolean, label: string}} how
 */
export async function draw(source, place, curves, { percent = false, points = false, label }) {
  const Plotly = await plotly(source);
  const colors = getComputedStyle(document.documentElement);
  /** @param {string} name */
  const color = (name) => colors.getPropertyValue(name).trim();
  const traces = curves.map((curve, place) => ({
    type: "scatter",
    mode: points ? "lines+markers" : "lines",
    name: curve.name,
    x: curve.x,
    y: curve.y,
    customdata: curve.steps,
    hovertemplate: `%{y:${percent ? ".1%" : ".3f"}}<br>${t("step")} %{customdata}<extra>${curves.length > 1 ? escaped(curve.name) : ""}</extra>`,
    line: { color: color(COLORS[place % COLORS.length]), width: 2, dash: DASHES[place % DASHES.length] },
    marker: { symbol: SIGNS[place % SIGNS.length], size: 8 },
  }));
  const axis = { gridcolor: color("--line"), linecolor: color("--edge"), zeroline: false, fixedrange: true, automargin: true };
  const layout = {
    autosize: true,
    margin: { l: 8, r: 12, t: 8, b: 8 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, color: color("--muted"), size: 13 },
    hoverlabel: { bgcolor: color("--card"), bordercolor: color("--edge"), font: { color: color("--ink") } },
    xaxis: { ...axis, title: { text: t("minutes of training"), font: { size: 13 } }, rangemode: "tozero" },
    yaxis: { ...axis, tickformat: percent ? ".0%" : undefined, rangemode: "tozero" },
    showlegend: curves.length > 1,
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
  };
  await Plotly.react(place, traces, layout, { displayModeBar: false, responsive: true });
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", `${label}. ${t("The table below says the same.")}`);
}

/**
 * The same numbers as text.
 * @param {HTMLElement} place
 * @param {Curve[]} curves
 * @param {{percent?: boolean, label: string}} how
 */
export function tabled(place, curves, { percent = false, label }) {
  const named = curves.length > 1;
  const head = el("tr", {}, named && el("th", { scope: "col" }, t("Run")), ...[t("Step"), t("Minutes"), label].map((text) => el("th", { scope: "col", class: "number" }, text)));
  const rows = curves.flatMap((curve) => {
    const every = Math.max(1, Math.ceil(curve.x.length / 40)); // a table of 400 rows is read by nobody
    return curve.x
      .map((minutes, at) => ({ minutes, at }))
      .filter(({ at }) => at % every === 0 || at === curve.x.length - 1)
      .map(({ minutes, at }) => {
        const value = percent ? `${(100 * curve.y[at]).toFixed(1)} %` : curve.y[at].toFixed(3);
        return el("tr", {}, named && el("td", {}, curve.name), ...[curve.steps[at], minutes.toFixed(1), value].map((text) => el("td", { class: "number" }, String(text))));
      });
  });
  const table = el("table", { class: "table" }, el("thead", {}, head), el("tbody", {}, ...rows));
  place.replaceChildren(el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, table));
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[<>&]/g, " ");
}
