// The map of clips: dots on a canvas, chosen by a lasso or a rectangle; a list below says the same in words.

import { get, post } from "./api.js";
import { $, el } from "./dom.js";
import { tell, tellError } from "./tell.js";
import { t } from "./words.js";

const SHAPES = 4; // circle, square, triangle, diamond: a group is never told by its color alone
const HUES = [172, 28, 262, 330, 212, 88, 4, 50]; // degrees; neighbours far apart
const MOST = 8; // groups with a color of their own; the rest is "others"
const LISTED = 100; // clips in the list below
const DOT = 4; // px
const EDGE = 14; // px around the dots
const WAIT = 1500; // ms between looks at the job

/**
 * @typedef {object} MapOptions
 * @property {() => string} question what is found now
 * @property {(ids: string[]) => void} choose
 * @property {(id: string) => unknown} show
 */

export class ClipMap {
  /** @param {MapOptions} options */
  constructor(options) {
    this.options = options;
    this.canvas = /** @type {HTMLCanvasElement} */ ($("#map"));
    /** @type {any[]} */
    this.clips = [];
    /** @type {[number, number][]} where the pointer went, in CSS px */
    this.path = [];
    /** @type {Set<string>} */
    this.inside = new Set();
    this.shape = "lasso";
    /** @type {Map<string, number>} */
    this.groups = new Map();
    for (const [name, other] of [["lasso", "rectangle"], ["rectangle", "lasso"]]) {
      $(`#${name}`).addEventListener("click", () => {
        this.shape = name;
        $(`#${name}`).setAttribute("aria-pressed", "true");
        $(`#${other}`).setAttribute("aria-pressed", "false");
      });
    }
    $("#color").addEventListener("change", () => this.color());
    $("#make-map").addEventListener("click", () => this.make());
    this.canvas.addEventListener("pointerdown", (event) => this.begin(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    this.canvas.addEventListener("pointerup", () => this.end());
    this.canvas.addEventListener("pointercancel", () => ((this.path = []), this.draw()));
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** Show the map that was made last. */
  async load() {
    const map = await get("/api/find/map");
    this.clips = map.clips;
    this.canvas.hidden = !this.clips.length;
    if (!this.clips.length) $("#map-about").textContent = t("There is no map yet. Making one listens to every clip that is found, about fifty a second; you may go on meanwhile.");
    else {
      const left = map.unplaced ? ` ${t("In {n} clips too little is said for a place.", { n: map.unplaced })}` : "";
      $("#map-about").textContent = `${t("{n} clips. They lie near each other where they sound like one voice in one room. Draw around dots to choose them; the list below says which they are.", { n: this.clips.length })}${left}`;
    }
    this.color();
    this.list();
  }

  /** Listen to what is found, in a job, and show how far it is. */
  async make() {
    const bar = /** @type {HTMLProgressElement} */ ($("#map-progress"));
    const button = /** @type {HTMLButtonElement} */ ($("#make-map"));
    button.disabled = true;
    bar.hidden = false;
    bar.removeAttribute("value");
    try {
      const { job } = await post("/api/find/map", { q: this.options.question() });
      let now = { state: "running", done: 0, total: 0 };
      while (now.state === "running") {
        await new Promise((resolve) => setTimeout(resolve, WAIT));
        now = await get(`/api/find/map/${job}`);
        if (now.total) {
          bar.max = now.total;
          bar.value = now.done;
        }
      }
      if (now.state === "done") tell(t("The map is made."), { kind: "good" });
      else tell(t("The map was not made."), { kind: "bad", hint: t("The tray shows what the job said.") });
      await this.load();
    } catch (error) {
      tellError(error);
    } finally {
      button.disabled = false;
      bar.hidden = true;
    }
  }

  /** Which group each dot is of, and the legend. */
  color() {
    const counts = new Map();
    for (const clip of this.clips) counts.set(this.groupOf(clip), (counts.get(this.groupOf(clip)) ?? 0) + 1);
    const names = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a)).slice(0, MOST);
    if (this.by() === "confidence") names.sort();
    this.groups = new Map(names.map((name, index) => [name, index]));
    const lines = names.map((name, index) => this.key(name, index, counts.get(name)));
    const others = this.clips.length - names.reduce((sum, name) => sum + counts.get(name), 0);
    if (others) lines.push(this.key(t("others"), -1, others));
    $("#legend").replaceChildren(...lines);
    this.draw();
  }

  by() {
    return /** @type {HTMLSelectElement} */ ($("#color")).value;
  }

  /** @param {any} clip */
  groupOf(clip) {
    const value = clip[this.by()];
    if (value === null) return t("unknown");
    if (this.by() !== "confidence") return this.by() === "speaker" ? value : t(value);
    return value < 0.5 ? t("0 to 50 % sure") : value < 0.8 ? t("50 to 80 % sure") : t("80 to 100 % sure");
  }

  /** @param {string} name @param {number} index @param {number} count */
  key(name, index, count) {
    const sample = el("canvas", { width: 16, height: 16, "aria-hidden": "true" });
    const context = sample.getContext("2d");
    if (context) dot(context, 8, 8, index, this.hue(index), false);
    return el("li", { class: "small" }, sample, `${name} `, el("span", { class: "muted number" }, count));
  }

  /** @param {number} index */
  hue(index) {
    const dark = getComputedStyle(this.canvas).getPropertyValue("--dots").trim() === "dark";
    if (index < 0) return dark ? "#9a9a9a" : "#6f6f6f";
    return `hsl(${HUES[index % HUES.length]} ${dark ? "65% 68%" : "75% 34%"})`;
  }

  /** @param {any} clip @returns {[number, number]} CSS px */
  place(clip) {
    const wide = this.canvas.clientWidth - 2 * EDGE;
    const high = this.canvas.clientHeight - 2 * EDGE;
    return [EDGE + ((clip.at[0] + 1) / 2) * wide, EDGE + ((1 - clip.at[1]) / 2) * high];
  }

  draw() {
    const scale = devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth) return;
    this.canvas.width = clientWidth * scale;
    this.canvas.height = clientHeight * scale;
    const context = this.canvas.getContext("2d");
    if (!context) return;
    context.scale(scale, scale);
    for (const clip of this.clips) {
      const index = this.groups.get(this.groupOf(clip)) ?? -1;
      dot(context, ...this.place(clip), index, this.hue(index), this.inside.has(clip.id));
    }
    if (this.path.length < 2) return;
    context.strokeStyle = getComputedStyle(this.canvas).color;
    context.setLineDash([5, 4]);
    context.beginPath();
    for (const [x, y] of this.outline()) context.lineTo(x, y);
    context.closePath();
    context.stroke();
  }

  /** @returns {[number, number][]} */
  outline() {
    const [first, last] = [this.path[0], this.path[this.path.length - 1]];
    return this.shape === "lasso" ? this.path : [first, [last[0], first[1]], last, [first[0], last[1]]];
  }

  /** @param {PointerEvent} event */
  begin(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.path = [[event.offsetX, event.offsetY]];
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (!this.path.length) return;
    this.path.push([event.offsetX, event.offsetY]);
    this.draw();
  }

  end() {
    if (!this.path.length) return;
    const outline = this.outline();
    const [x, y] = this.path[0];
    const tap = this.path.every(([a, b]) => Math.abs(a - x) + Math.abs(b - y) < 2 * DOT);
    const near = (/** @type {any} */ clip) => Math.hypot(this.place(clip)[0] - x, this.place(clip)[1] - y) < 3 * DOT;
    const found = this.clips.filter((clip) => (tap ? near(clip) : within(this.place(clip), outline)));
    this.path = [];
    this.inside = new Set(found.map((clip) => clip.id));
    this.options.choose([...this.inside]);
    this.list();
    this.draw();
  }

  /** What is chosen on the map, in words. */
  list() {
    const chosen = this.clips.filter((clip) => this.inside.has(clip.id));
    const lines = chosen.slice(0, LISTED).map((clip) => {
      const said = clip.text === null ? t("no label yet") : clip.text.trim() || t("nobody speaks");
      return el("li", {}, el("button", { class: "button quiet", type: "button", onclick: () => this.options.show(clip.id) }, said), el("span", { class: "muted small" }, ` ${this.groupOf(clip)}`));
    });
    if (chosen.length > LISTED) lines.push(el("li", { class: "muted" }, t("and {n} more", { n: chosen.length - LISTED })));
    if (!chosen.length) lines.push(el("li", { class: "muted" }, t("Nothing yet.")));
    $("#inside").replaceChildren(...lines);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} index of its group
 * @param {string} color
 * @param {boolean} chosen
 */
function dot(context, x, y, index, color, chosen) {
  const size = chosen ? DOT * 1.5 : DOT;
  context.beginPath();
  const shape = index < 0 ? 0 : index % SHAPES;
  if (shape === 0) context.arc(x, y, size, 0, 2 * Math.PI);
  else if (shape === 1) context.rect(x - size * 0.9, y - size * 0.9, 1.8 * size, 1.8 * size);
  else {
    const corners = shape === 2 ? [[0, -1.2], [1.1, 0.8], [-1.1, 0.8]] : [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]];
    for (const [right, down] of corners) context.lineTo(x + right * size, y + down * size);
    context.closePath();
  }
  context.fillStyle = color;
  context.globalAlpha = chosen ? 1 : 0.75;
  context.fill();
  context.globalAlpha = 1;
  if (chosen) {
    context.strokeStyle = getComputedStyle(context.canvas).color;
    context.lineWidth = 1.5;
    context.stroke();
  }
}

/**
 * Whether a point is inside an outline: an odd number of its edges lies to the right.
 * @param {[number, number]} point
 * @param {[number, number][]} outline
 */
function within([x, y], outline) {
  let inside = false;
  for (let one = 0, other = outline.length - 1; one < outline.length; other = one, one += 1) {
    const [ax, ay] = outline[one];
    const [bx, by] = outline[other];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
