// A microphone as samples, as small as it can be: the page that records has one with devices, warnings and pre-roll.

import { t } from "./words.js";

/**
 * @typedef {object} Opened
 * @property {number} rate hertz
 * @property {() => Promise<void>} close
 */

/**
 * Open the microphone; throws an error with a hint.
 * @param {{onSamples: (samples: Float32Array) => void, onLevel?: (level: {peak: number, rms: number}) => void}} listening
 * @returns {Promise<Opened>}
 */
export async function openMicrophone({ onSamples, onLevel }) {
  const stream = await ask();
  const context = new AudioContext();
  await context.audioWorklet.addModule(new URL("live-worklet.js", import.meta.url));
  const node = new AudioWorkletNode(context, "idiolect-live", { numberOfInputs: 1, numberOfOutputs: 1, channelCount: 1, channelCountMode: "explicit" });
  node.port.onmessage = ({ data: samples }) => {
    onSamples(samples);
    onLevel?.(levelOf(samples));
  };
  context.createMediaStreamSource(stream).connect(node);
  node.connect(context.destination); // it gives silence; some browsers run only what leads somewhere
  await context.resume();
  return {
    rate: context.sampleRate,
    close: async () => {
      node.port.onmessage = null;
      for (const track of stream.getTracks()) track.stop();
      await context.close();
    },
  };
}

/** @returns {Promise<MediaStream>} */
async function ask() {
  try {
    if (!navigator.mediaDevices) throw new DOMException("", "NotSupportedError");
    const audio = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    const name = /** @type {Error} */ (error).name;
    const [message, hint] =
      name === "NotAllowedError"
        ? [t("The browser does not let this page use the microphone."), t("Allow it beside the address of the page, then try again.")]
        : name === "NotFoundError"
          ? [t("There is no microphone."), t("Plug one in, then try again.")]
          : [t("The microphone cannot be opened."), t("Does another program hold it?")];
    throw Object.assign(new Error(message), { hint });
  }
}

/**
 * @param {Float32Array} samples
 * @returns {{peak: number, rms: number}}
 */
function levelOf(samples) {
  let peak = 0;
  let power = 0;
  for (const sample of samples) {
    peak = Math.max(peak, Math.abs(sample));
    power += sample * sample;
  }
  return { peak, rms: Math.sqrt(power / Math.max(1, samples.length)) };
}
