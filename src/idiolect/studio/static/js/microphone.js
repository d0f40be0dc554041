// The microphone, as samples: no echo cancellation, no noise suppression, no gain that moves by itself.

/**
 * @typedef {object} Level
 * @property {number} peak highest sample of the block, 0 to 1
 * @property {number} rms of the block, 0 to 1
 * @property {number} seconds of the block
 *
 * @typedef {object} Opened
 * @property {number} rate hertz
 * @property {string} id of the device
 * @property {string} label of the device
 * @property {() => Promise<void>} close
 * @property {() => Promise<void>} resume where the browser waits for a key before it lets sound in
 *
 * @typedef {object} Listening
 * @property {string} [device] id; empty: the system's choice
 * @property {(samples: Float32Array, first: number) => void} [onSamples] mono; first: how many came before
 * @property {(level: Level) => void} [onLevel] after each block, about 45 times a second
 * @property {() => void} [onEnd] the device is gone: unplugged, or taken away by the browser
 */

class MicrophoneError extends Error {
  /**
   * @param {string} message
   * @param {string} hint
   */
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

// Not through t(): who shows an error translates it (tell.js). The catalog has them by the page that records.
const REASONS = /** @type {Record<string, [string, string]>} */ ({
  NotAllowedError: ["The browser does not let this page use the microphone.", "Allow it beside the address of the page, then try again."],
  NotFoundError: ["There is no microphone.", "Plug one in, then try again."],
  OverconstrainedError: ["This microphone is gone.", "Choose another one."],
  NotReadableError: ["The microphone cannot be opened.", "Does another program hold it?"],
});

const STARTS = 6000; // ms within which the first samples come; a busy machine needs some hundred

/**
 * Open a microphone, on a key or a click: browsers let no sound begin by itself. Throws a MicrophoneError.
 * @param {Listening} listening
 * @returns {Promise<Opened>}
 */
export async function openMicrophone({ device = "", onSamples, onLevel, onEnd }) {
  const stream = await ask(device);
  const track = stream.getAudioTracks()[0];
  const { context, source } = connected(stream, track.getSettings().sampleRate);
  await context.audioWorklet.addModule(new URL("recorder-worklet.js", import.meta.url));
  const node = new AudioWorkletNode(context, "idiolect-recorder", { numberOfInputs: 1, numberOfOutputs: 1, channelCount: 1, channelCountMode: "explicit" });
  let begun = () => {};
  const first = new Promise((resolve) => (begun = () => resolve(true)));
  node.port.onmessage = ({ data }) => {
    begun();
    onSamples?.(data.samples, data.first);
    onLevel?.(levelOf(data.samples, context.sampleRate));
  };
  source.connect(node);
  node.connect(context.destination); // it gives silence; some browsers run only what leads somewhere
  track.addEventListener("ended", () => onEnd?.());
  const resume = async () => {
    if (context.state === "suspended") await context.resume();
  };
  const close = async () => {
    track.stop();
    node.port.onmessage = null;
    if (context.state !== "closed") await context.close();
  };
  void resume(); // not awaited: where the browser lets no sound begin, this would never end
  if (!(await Promise.race([first, new Promise((resolve) => setTimeout(resolve, STARTS))]))) {
    void close();
    throw new MicrophoneError("The browser gives no sound.", "It needs an output too: plug in headphones or loudspeakers, then try again.");
  }
  return {
    rate: context.sampleRate,
    id: track.getSettings().deviceId ?? "",
    label: track.label,
    resume,
    close,
  };
}

/**
 * The microphones there are; without names until one was allowed.
 * @returns {Promise<{id: string, label: string}[]>}
 */
export async function microphones() {
  const found = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return found.filter((one) => one.kind === "audioinput" && one.deviceId).map((one) => ({ id: one.deviceId, label: one.label }));
}

/**
 * @param {string} device
 * @returns {Promise<MediaStream>}
 */
async function ask(device) {
  if (!navigator.mediaDevices) throw new MicrophoneError("The browser gives no microphone to this address.", "Open the studio at localhost, or over TLS.");
  const audio = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: device ? { ...audio, deviceId: { exact: device } } : audio });
  } catch (error) {
    const [message, hint] = REASONS[/** @type {Error} */ (error).name] ?? [String(error), ""];
    throw new MicrophoneError(message, hint);
  }
}

/**
 * A context at the rate of the device: Firefox connects no other. Where the browser has no such rate, its own.
 * @param {MediaStream} stream
 * @param {number | undefined} rate
 * @returns {{context: AudioContext, source: MediaStreamAudioSourceNode}}
 */
function connected(stream, rate) {
  for (const options of rate ? [{ sampleRate: rate }, {}] : [{}]) {
    try {
      const context = new AudioContext(options);
      return { context, source: context.createMediaStreamSource(stream) };
    } catch (error) {
      if (!("sampleRate" in options)) throw error;
    }
  }
  throw new Error("there is no audio context");
}

/**
 * @param {Float32Array} samples
 * @param {number} rate
 * @returns {Level}
 */
export function levelOf(samples, rate) {
  let peak = 0;
  let power = 0;
  for (const sample of samples) {
    peak = Math.max(peak, Math.abs(sample));
    power += sample * sample;
  }
  return { peak, rms: Math.sqrt(power / Math.max(1, samples.length)), seconds: samples.length / rate };
}
