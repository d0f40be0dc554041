// Live text: samples go out over a WebSocket as they come, texts come back. What was said is held here, to be heard again.

import { toPcm } from "./samples.js";
import { t } from "./words.js";

const HELD = 180; // seconds of audio that are held for playing and keeping: 17 MB at 48 kHz
const AHEAD = 1 << 20; // bytes that may wait in the socket: a file is sent no faster than it is heard
const SAID = "conversation.item.input_audio_transcription.";
const NORMAL = 1000;

/**
 * @typedef {object} Final
 * @property {string} item
 * @property {string} transcript
 * @property {number} start seconds of the stream
 * @property {number} end
 * @property {number | null} confidence
 * @property {string | null} [intent] only where the alias has a task; null: rejected
 * @property {Record<string, unknown>} [slots]
 * @property {string} model
 * @property {string} engine
 * @property {string} version
 * @property {number | null} after seconds from the end of speech to this text; null for a file
 * @property {() => Int16Array | null} pcm what was said; null where it is not held any more
 * @property {number} rate of it
 *
 * @typedef {object} Listening
 * @property {() => void} onReady the model is loaded
 * @property {(item: string) => void} onStart somebody speaks
 * @property {(item: string, agreed: string, rest: string) => void} onPartial
 * @property {(final: Final) => void} onFinal
 * @property {(item: string, message: string) => void} onFail
 * @property {(error: Error) => void} onEnd the line is gone; not after `close`
 */

export class Live {
  /**
   * Open a line to an alias. Throws where the server does not take it.
   * @param {string} alias
   * @param {number} rate hertz
   * @param {Listening} listening
   * @returns {Promise<Live>}
   */
  static open(alias, rate, listening) {
    const address = new URL(`/api/serve/live?${new URLSearchParams({ model: alias, rate: String(Math.round(rate)) })}`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    return new Promise((resolve, reject) => {
      const refused = () => reject(new Error(t("The studio does not answer.")));
      socket.addEventListener("error", refused, { once: true });
      socket.addEventListener("open", () => resolve(new Live(socket, rate, listening)), { once: true });
    });
  }

  /**
   * @param {WebSocket} socket
   * @param {number} rate
   * @param {Listening} listening
   */
  constructor(socket, rate, listening) {
    this.socket = socket;
    this.rate = rate;
    this.listening = listening;
    this.paced = true; // a microphone's samples come at the pace of speech
    this.caughtUp = false; // the server has read all that was sent
    this.open = new Set();
    /** @type {{first: number, at: number, pcm: Int16Array}[]} */
    this.held = [];
    this.sent = 0;
    /** @type {Map<string, string>} */
    this.agreed = new Map();
    socket.addEventListener("message", ({ data }) => this.heard(JSON.parse(data)));
    socket.addEventListener("close", ({ code }) => {
      if (code !== NORMAL) listening.onEnd(new Error(this.why ?? t("The line to the studio broke.")));
    });
  }

  /** @param {Float32Array} samples */
  send(samples) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const pcm = toPcm(samples);
    this.held.push({ first: this.sent, at: performance.now(), pcm });
    this.sent += pcm.length;
    while (this.sent - this.held[0].first > HELD * this.rate) this.held.shift();
    this.socket.send(pcm);
  }

  /**
   * A whole file, as fast as it is taken.
   * @param {Float32Array} samples
   * @param {(share: number) => void} onProgress
   * @returns {Promise<void>}
   */
  async sendAll(samples, onProgress) {
    this.paced = false;
    const step = Math.round(this.rate);
    for (let at = 0; at < samples.length && this.socket.readyState === WebSocket.OPEN; at += step) {
      this.send(samples.subarray(at, at + step));
      onProgress(Math.min(1, (at + step) / samples.length));
      while (this.socket.bufferedAmount > AHEAD) await new Promise((resume) => setTimeout(resume, 50));
    }
  }

  /** What is being said is over. Resolves when the last text is there, or the line is gone. */
  async finish() {
    this.event("input_audio_buffer.commit");
    // Its answer comes after all that was sent before it: from then on every turn is known.
    this.event("session.update", { session: {} });
    while ((!this.caughtUp || this.open.size) && this.socket.readyState === WebSocket.OPEN) {
      await new Promise((resume) => setTimeout(resume, 50));
    }
    this.close();
  }

  close() {
    this.socket.close(NORMAL);
  }

  /**
   * @param {string} type
   * @param {object} [more]
   */
  event(type, more = {}) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type, ...more }));
  }

  /** @param {any} event */
  heard(event) {
    const { listening } = this;
    const item = event.item_id;
    if (event.type === "input_audio_buffer.speech_started") {
      this.open.add(item);
      listening.onStart(item);
    } else if (event.type === `${SAID}delta`) {
      const agreed = (this.agreed.get(item) ?? "") + event.delta;
      this.agreed.set(item, agreed);
      const kept = event.partial.startsWith(agreed) ? agreed : "";
      listening.onPartial(item, kept, event.partial.slice(kept.length));
    } else if (event.type === `${SAID}completed`) {
      this.open.delete(item);
      this.agreed.delete(item);
      listening.onFinal({ ...event, item, rate: this.rate, after: this.after(event.end), pcm: () => this.stretch(event.start, event.end) });
    } else if (event.type === `${SAID}failed`) {
      this.open.delete(item);
      listening.onFail(item, event.error.message);
    } else if (event.type === "idiolect.ready") {
      listening.onReady();
    } else if (event.type === "session.updated") {
      this.caughtUp = true;
    } else if (event.type === "error") {
      this.why = event.error.message;
    }
  }

  /**
   * Seconds from the moment at which the sample at `end` was sent until now.
   * @param {number} end seconds of the stream
   * @returns {number | null}
   */
  after(end) {
    const block = this.paced && this.held.find(({ first, pcm }) => first + pcm.length >= end * this.rate);
    return block ? (performance.now() - block.at) / 1000 : null;
  }

  /**
   * @param {number} start seconds of the stream
   * @param {number} end
   * @returns {Int16Array | null}
   */
  stretch(start, end) {
    const [from, to] = [Math.round(start * this.rate), Math.min(this.sent, Math.round(end * this.rate))];
    if (!this.held.length || from < this.held[0].first) return null;
    const out = new Int16Array(to - from);
    for (const { first, pcm } of this.held) {
      const [a, b] = [Math.max(from, first), Math.min(to, first + pcm.length)];
      if (a < b) out.set(pcm.subarray(a - first, b - first), a - from);
    }
    return out;
  }
}

/**
 * The samples of a sound file, mono, 16 kHz. Throws an error with a hint.
 * @param {File} file
 * @returns {Promise<{samples: Float32Array, rate: number}>}
 */
export async function decodeFile(file) {
  const rate = 16000;
  try {
    const sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(await file.arrayBuffer());
    const context = new OfflineAudioContext(1, Math.max(1, Math.ceil(sound.duration * rate)), rate);
    const source = new AudioBufferSourceNode(context, { buffer: sound });
    source.connect(context.destination);
    source.start();
    return { samples: (await context.startRendering()).getChannelData(0), rate };
  } catch {
    const hint = t("WAV, FLAC, MP3, Ogg and M4A work in most browsers. idiolect transcribe reads everything else.");
    throw Object.assign(new Error(t("This browser cannot read {name}.", { name: file.name })), { hint });
  }
}
