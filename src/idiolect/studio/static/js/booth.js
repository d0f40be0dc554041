// One microphone and one take at a time: samples into parts, parts into this browser's store, and on to the sender.

import { openMicrophone } from "./microphone.js";
import { Parts, Ring } from "./samples.js";
import { putPart, putTake } from "./take-store.js";
import { tellError } from "./tell.js";

/** @typedef {import("./take-store.js").Stored} Stored */

const PRE_ROLL = 0.5; // seconds before the key: whoever speaks at once loses nothing
const PART = 0.5; // seconds of a part

/**
 * @typedef {object} Around
 * @property {import("./take-sender.js").Sender} sender
 * @property {import("./meter.js").LevelWatch} watch
 * @property {import("./trace.js").Trace} trace
 * @property {() => void} onLevel after each block
 * @property {() => void} onGone the device is gone
 */

export class Booth {
  /** @param {Around} around */
  constructor(around) {
    this.around = around;
    /** @type {import("./microphone.js").Opened | null} */
    this.microphone = null;
    /** @type {Stored | null} the take that is recorded, or waits for a decision */
    this.take = null;
    /** @type {Parts | null} */
    this.parts = null;
    this.ring = new Ring(1);
    /** @type {Promise<unknown>[]} */
    this.writing = [];
  }

  /**
   * Turn a microphone on. Throws a MicrophoneError.
   * @param {string} device
   */
  async open(device) {
    this.microphone = await openMicrophone({
      device,
      onSamples: (samples) => (this.parts ?? this.ring).push(samples),
      onLevel: (level) => {
        this.around.watch.feed(level);
        this.around.trace.push(level);
        this.around.onLevel();
      },
      onEnd: () => this.around.onGone(),
    });
    this.ring = new Ring(Math.round(PRE_ROLL * this.microphone.rate));
    return this.microphone;
  }

  async close() {
    const open = this.microphone;
    this.microphone = null;
    await open?.close();
  }

  /** Seconds of the take. */
  get seconds() {
    return this.take ? (this.take.samples + (this.parts?.filled ?? 0)) / this.take.rate : 0;
  }

  /**
   * A take begins, with what was heard just before.
   * @param {{speaker: string, text: string | null, session: string} & Partial<Stored>} about
   */
  async begin(about) {
    if (!this.microphone) return;
    const { rate, label } = this.microphone;
    /** @type {Stored} */
    const now = { id: crypto.randomUUID().replaceAll("-", ""), rate, device: label, began: Date.now(), next: 0, samples: 0, from: 0, ended: "", wish: "", ...about };
    this.take = now;
    this.writing = [];
    const adding = this.around.sender.add(now);
    this.parts = new Parts(Math.round(PART * rate), (pcm) => {
      const number = now.next++;
      now.samples += pcm.length;
      this.writing.push(putPart(now, number, pcm).then(() => void this.around.sender.wake(), tellError));
    });
    for (const block of this.ring.take()) this.parts.push(block);
    this.around.watch.begin();
    this.around.trace.begin();
    await adding;
  }

  /**
   * The take has its end; the server is told as soon as it listens.
   * @returns {Promise<void>}
   */
  async end() {
    const done = this.cut();
    if (!done) return;
    done.ended = "here";
    await Promise.all(this.writing);
    await putTake(done);
    void this.around.sender.wake();
  }

  /** Throw away what is recorded or waits for a decision. */
  async discard() {
    const gone = this.cut();
    this.take = null;
    if (!gone) return;
    gone.ended = "here";
    await Promise.all(this.writing);
    await this.around.sender.decide(gone, "drop");
  }

  /** Keep the take that waits; nothing more happens to it here. */
  keep() {
    if (this.take) void this.around.sender.decide(this.take, "keep");
    this.take = null;
  }

  /** No more samples go into the take. */
  cut() {
    if (this.parts) {
      this.parts.rest();
      this.parts = null;
      this.around.watch.end();
      this.around.trace.end();
    }
    return this.take;
  }
}
