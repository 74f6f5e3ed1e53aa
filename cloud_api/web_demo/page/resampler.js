/** Resamples sound to 16 kHz: a windowed-sinc filter in as many phases as the two rates need, without a gap between calls. */

/** Zero crossings of the sinc on each side, at the lower of both rates. */
const CROSSINGS = 48;

/** Of the Kaiser window: 90 dB of stop band. */
const BETA = 8.96;

/** Middle of the filter's slope as a part of the lower rate's half: flat to 7.1 kHz, and 90 dB down from 8.1 kHz. */
const CUTOFF = 0.95;

/** Sound of any rate becomes sound of another; equal input gives equal output however it is cut. */
export class Resampler {
    #up;
    #down;
    #taps;
    #phases;
    #held;
    #heldLength;
    /** Place of the next output sample, in steps of 1 / (rate in * up), from the first held sample. */
    #next = 0;

    constructor(rateIn, rateOut) {
        const divisor = greatestCommonDivisor(rateIn, rateOut);
        this.#up = rateOut / divisor;
        this.#down = rateIn / divisor;
        const lower = Math.min(rateIn, rateOut);
        const halfTaps = Math.ceil((CROSSINGS * rateIn) / lower);
        this.#taps = 2 * halfTaps;
        this.#phases = Array.from({ length: this.#up }, (_, phase) =>
            filterPhase(phase / this.#up, halfTaps, (CUTOFF * lower) / rateIn),
        );
        // Silence before the start, so that the first output sample lies at the first input sample.
        this.#held = new Float32Array(this.#taps + 8192);
        this.#heldLength = halfTaps - 1;
    }

    /** Float32Array in, Float32Array out. */
    push(samples) {
        if (this.#heldLength + samples.length > this.#held.length) {
            const larger = new Float32Array(2 * (this.#heldLength + samples.length));
            larger.set(this.#held.subarray(0, this.#heldLength));
            this.#held = larger;
        }
        this.#held.set(samples, this.#heldLength);
        this.#heldLength += samples.length;
        const taps = this.#taps;
        const last = (this.#heldLength - taps) * this.#up;
        const out = new Float32Array(last < this.#next ? 0 : Math.floor((last - this.#next) / this.#down) + 1);
        for (let i = 0; i < out.length; i++, this.#next += this.#down) {
            const first = Math.floor(this.#next / this.#up);
            const filter = this.#phases[this.#next % this.#up];
            let sum = 0;
            for (let k = 0; k < taps; k++) sum += filter[k] * this.#held[first + k];
            out[i] = sum;
        }
        const used = Math.min(this.#heldLength, Math.floor(this.#next / this.#up));
        this.#held.copyWithin(0, used, this.#heldLength);
        this.#heldLength -= used;
        this.#next -= used * this.#up;
        return out;
    }

    /** What the filter still holds: half its length, with silence behind it. */
    flush() {
        return this.push(new Float32Array(this.#taps / 2));
    }
}

/** Weights of the input samples from `halfTaps - 1` before to `halfTaps` after, for a place `fraction` behind the middle one. */
function filterPhase(fraction, halfTaps, cutoff) {
    const weights = Float64Array.from({ length: 2 * halfTaps }, (_, k) => {
        const x = k - (halfTaps - 1) - fraction;
        return cutoff * sinc(cutoff * x) * kaiser(x / halfTaps);
    });
    // Each phase passes a constant as it is: else the phases would be heard as a hum.
    const sum = weights.reduce((total, one) => total + one, 0);
    return weights.map((one) => one / sum);
}

function sinc(x) {
    return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x) {
    return Math.abs(x) >= 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA);
}

/** Modified Bessel function of the first kind, order 0, by its series. */
function bessel(x) {
    let sum = 1;
    for (let k = 1, term = 1; term > 1e-12 * sum; k++) {
        term *= (x / (2 * k)) ** 2;
        sum += term;
    }
    return sum;
}

function greatestCommonDivisor(a, b) {
    return b ? greatestCommonDivisor(b, a % b) : a;
}

/** -1 to 1 as 16-bit samples. */
export function toPcm16(samples) {
    return Int16Array.from(samples, (one) => Math.max(-32_768, Math.min(32_767, Math.round(one * 32_768))));
}
