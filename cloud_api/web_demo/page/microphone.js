/** The microphone: opened, changed while it runs, and heard on the sound thread. */

/** As it is: a coach that judges loudness and noise must not hear them mended. */
const AS_IT_IS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

/**
 * One microphone at a time, without a gap when it is changed. What it hears goes to `on`: pcm(Int16Array of 200 ms),
 * level(rms, peak), lost(), paused(isPaused), muted(isMuted).
 */
export class Microphone {
    #on;
    #context = null;
    #node = null;
    #source = null;
    #track = null;
    #finished = null;

    constructor(on) {
        this.#on = on;
    }

    get isOpen() {
        return this.#track?.readyState === "live";
    }

    /** Id of the device that is heard. */
    get device() {
        return this.#track?.getSettings().deviceId ?? "";
    }

    /** Open `device`, or the usual one where it is empty; throws what getUserMedia throws. */
    async open(device) {
        if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("", "SecurityError");
        const audio = { ...AS_IT_IS, ...(device ? { deviceId: { exact: device } } : {}) };
        const stream = await navigator.mediaDevices.getUserMedia({ audio });
        if (!this.#context) await this.#prepare();
        this.#disconnect();
        this.#track = stream.getAudioTracks()[0];
        this.#track.onended = () => {
            this.#disconnect();
            this.#on.lost();
        };
        this.#track.onmute = () => this.#on.muted(true);
        this.#track.onunmute = () => this.#on.muted(false);
        this.#source = this.#context.createMediaStreamSource(stream);
        this.#source.connect(this.#node);
        await this.resume();
    }

    async #prepare() {
        const context = new AudioContext({ latencyHint: "balanced" });
        await context.audioWorklet.addModule(new URL("worklet.js", import.meta.url));
        this.#node = new AudioWorkletNode(context, "microphone", { numberOfInputs: 1, numberOfOutputs: 1 });
        this.#node.port.onmessage = ({ data }) => {
            if (data.pcm) this.#on.pcm(data.pcm);
            else if (data.finished) this.#finished?.();
            else this.#on.level(data.rms, data.peak);
        };
        // A node that leads nowhere is not run; what it gives out is silence.
        this.#node.connect(context.destination);
        context.onstatechange = () => this.#on.paused(context.state !== "running" && context.state !== "closed");
        this.#context = context;
    }

    /** Go on after the browser paused the sound; it may need a click. */
    async resume() {
        if (this.#context?.state !== "running") await this.#context?.resume();
    }

    /** From now what is heard goes to `pcm`. */
    start() {
        this.#node.port.postMessage("start");
    }

    /** Stops that; resolves when the last of it was given. */
    async finish() {
        if (this.#context?.state !== "running") return;
        await new Promise((resolve) => {
            this.#finished = resolve;
            this.#node.port.postMessage("finish");
        });
        this.#finished = null;
    }

    async close() {
        this.#disconnect();
        this.#node?.port.postMessage("close");
        const context = this.#context;
        this.#context = this.#node = null;
        await context?.close();
    }

    #disconnect() {
        this.#source?.disconnect();
        if (this.#track) this.#track.onended = this.#track.onmute = this.#track.onunmute = null;
        this.#track?.stop();
        this.#source = this.#track = null;
    }
}

/** Microphones that the browser tells of: names only once it may. */
export async function microphones() {
    const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    return devices.filter((one) => one.kind === "audioinput" && one.deviceId);
}
