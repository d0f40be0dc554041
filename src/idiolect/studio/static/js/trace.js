// A picture of a take: its peaks as they come, and where it is while it is heard.

const SECONDS = 6; // shown while recording; a finished take is shown whole

export class Trace {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    /** @type {{peak: number, seconds: number}[]} */
    this.blocks = [];
    this.live = false;
    this.at = -1;
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  begin() {
    this.blocks = [];
    this.live = true;
    this.at = -1;
    this.draw();
  }

  end() {
    this.live = false;
    this.draw();
  }

  clear() {
    this.blocks = [];
    this.end();
  }

  /** @param {import("./microphone.js").Level} level */
  push({ peak, seconds }) {
    if (this.live) this.blocks.push({ peak, seconds });
  }

  /** @param {number} share of the take that was heard, 0 to 1; -1: none */
  heard(share) {
    this.at = share;
    this.draw();
  }

  draw() {
    const { canvas } = this;
    const scale = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(canvas.clientWidth * scale), Math.round(canvas.clientHeight * scale)];
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const pen = canvas.getContext("2d");
    if (!pen || !width) return;
    const style = getComputedStyle(canvas);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    pen.clearRect(0, 0, width, height);
    pen.fillStyle = colour("--line");
    pen.fillRect(0, height / 2 - scale / 2, width, scale);
    const bars = Math.max(1, Math.floor(width / (3 * scale)));
    const peaks = this.peaks(bars);
    for (let bar = 0; bar < bars; bar++) {
      const peak = peaks[bar];
      if (peak < 0) continue;
      // The square root shows quiet speech too: a linear picture of it is a line.
      const tall = Math.max(scale, Math.sqrt(Math.min(1, peak)) * height * 0.94);
      pen.fillStyle = peak > 0.985 ? colour("--bad") : bar / bars <= this.at ? colour("--ink") : colour("--accent");
      pen.fillRect(bar * 3 * scale, (height - tall) / 2, 2 * scale, tall);
    }
  }

  /**
   * The highest peak under each bar; -1 where there is no sound yet.
   * @param {number} bars
   * @returns {number[]}
   */
  peaks(bars) {
    const all = this.blocks.reduce((sum, one) => sum + one.seconds, 0);
    const span = this.live ? SECONDS : all;
    const first = this.live ? Math.max(0, all - SECONDS) : 0;
    const found = new Array(bars).fill(-1);
    let time = 0;
    for (const { peak, seconds } of this.blocks) {
      // A block may reach over several bars where the take is short.
      const from = Math.floor(((time - first) / span) * bars);
      const to = Math.floor(((time + seconds - first) / span) * bars);
      for (let bar = Math.max(0, from); bar <= Math.min(bars - 1, to); bar++) found[bar] = Math.max(found[bar], peak);
      time += seconds;
    }
    return found;
  }
}
