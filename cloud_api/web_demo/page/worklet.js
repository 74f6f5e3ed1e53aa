/** Hears the microphone on the sound thread: 16 kHz PCM16 in pieces of 200 ms, and levels for the meter. */

import { Resampler, toPcm16 } from "./resampler.js";

const RATE_HZ = 16_000;
const PIECE_SAMPLES = 3_200;
const BLOCK_SAMPLES = 128;
const LEVELS_A_SECOND = 20;

class Microphone extends AudioWorkletProcessor {
    #resampler = new Resampler(sampleRate, RATE_HZ);
    #piece = new Int16Array(PIECE_SAMPLES);
    #filled = 0;
    #isOn = false;
    #isDone = false;
    #squares = 0;
    #peak = 0;
    #measured = 0;

    constructor() {
        super();
        this.port.onmessage = ({ data }) => {
            if (data === "start") this.#isOn = true;
            else if (data === "finish") this.#finish();
            else this.#isDone = true;
        };
    }

    process([input]) {
        if (this.#isDone) return false;
        // Without a microphone time goes on, as silence: pictures and tips hang on it.
        const mono = mixed(input);
        this.#measure(mono);
        if (this.#isOn) this.#take(this.#resampler.push(mono));
        return true;
    }

    #measure(samples) {
        for (const one of samples) {
            this.#squares += one * one;
            this.#peak = Math.max(this.#peak, Math.abs(one));
        }
        this.#measured += samples.length;
        if (this.#measured < sampleRate / LEVELS_A_SECOND) return;
        this.port.postMessage({ rms: Math.sqrt(this.#squares / this.#measured), peak: this.#peak });
        this.#squares = this.#peak = this.#measured = 0;
    }

    #take(samples) {
        const pcm = toPcm16(samples);
        for (let at = 0; at < pcm.length; ) {
            const part = pcm.subarray(at, at + PIECE_SAMPLES - this.#filled);
            this.#piece.set(part, this.#filled);
            this.#filled += part.length;
            at += part.length;
            if (this.#filled === PIECE_SAMPLES) this.#send();
        }
    }

    #send() {
        const pcm = this.#piece.slice(0, this.#filled);
        this.#filled = 0;
        this.port.postMessage({ pcm }, [pcm.buffer]);
    }

    #finish() {
        if (this.#isOn) {
            this.#take(this.#resampler.flush());
            this.#send();
        }
        this.#isOn = false;
        this.#resampler = new Resampler(sampleRate, RATE_HZ);
        this.port.postMessage({ finished: true });
    }
}

function mixed(channels) {
    if (!channels?.length) return new Float32Array(BLOCK_SAMPLES);
    if (channels.length === 1) return channels[0];
    return channels[0].map((one, i) => channels.reduce((sum, channel) => sum + channel[i], 0) / channels.length);
}

registerProcessor("microphone", Microphone);
