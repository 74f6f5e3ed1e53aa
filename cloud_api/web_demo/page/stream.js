/**
 * A client's side of a stream to the cloud, without any input or output: what to send, what to keep, what is new.
 *
 * The same rules as martlive_desktop/core/cloud_stream.py, and pictures beside them.
 */

import { JPEG, MAX_PICTURE_BYTES, PCM16, RATE_HZ, pack } from "./frames.js";

/** Sound of one frame. */
export const SOUND_FRAME_MS = 200;

/** Sound that is kept: an outage of 25 s, the longest utterance before it, and time to catch up. 1.9 MB. */
export const RING_MS = 60_000;

/** Of a text message from the service. */
export const MAX_MESSAGE_CHARS = 262_144;

const VOICE_FRAME_MS = 32;
const FRAME_BYTES = (SOUND_FRAME_MS * RATE_HZ * 2) / 1000;
const BYTES_A_MS = (RATE_HZ * 2) / 1000;

/** The service said what this page does not understand. */
export class MessageInvalid extends Error {}

/** One session over any number of connections. Each final comes out of `take` once, in order. */
export class CloudStream {
    #ringMs;
    #ring = [];
    #rest = new Uint8Array(0);
    #nextSequence = 0;
    #nextPicture = 0;
    #fedMs = 0;
    #sendFrom = 0;
    #finals = -1;
    #revisions = new Map();
    #voiceMs = 0;
    #isReady = false;

    /** Names the place from which a service can go on; opaque, given back when the page connects again. */
    resumeToken = "";
    /** Sound that the ring had no room for. */
    lostMs = 0;
    /** The service needs sound that is no longer kept: only a new session can go on. */
    isBroken = false;
    isEnded = false;

    constructor(ringMs = RING_MS) {
        this.#ringMs = ringMs;
    }

    get isReady() {
        return this.#isReady;
    }

    /** Sound that was fed. */
    get fedMs() {
        return this.#fedMs;
    }

    /** Sound that the service still needs, or has not got. */
    get waitingMs() {
        return this.#ring.length ? this.#fedMs - this.#ring[0].captureMs : 0;
    }

    /** Whether everything that was fed has been sent. */
    get isSent() {
        return this.#isReady && !this.#rest.length && this.#sendFrom >= this.#nextSequence;
    }

    /** Take sound, 16 kHz mono Int16Array, which follows what was fed before. */
    feed(pcm) {
        const bytes = new Uint8Array(this.#rest.length + pcm.byteLength);
        bytes.set(this.#rest);
        bytes.set(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength), this.#rest.length);
        let at = 0;
        for (; bytes.length - at >= FRAME_BYTES; at += FRAME_BYTES) this.#add(bytes.slice(at, at + FRAME_BYTES));
        this.#rest = bytes.slice(at);
    }

    /** No more sound comes: what is left goes out, filled up to a whole millisecond with silence. */
    finish() {
        if (!this.#rest.length) return;
        const filled = new Uint8Array(Math.ceil(this.#rest.length / BYTES_A_MS) * BYTES_A_MS);
        filled.set(this.#rest);
        this.#add(filled);
        this.#rest = new Uint8Array(0);
    }

    #add(payload) {
        const endMs = this.#fedMs + payload.length / BYTES_A_MS;
        this.#ring.push({ sequence: this.#nextSequence, captureMs: this.#fedMs, endMs, payload });
        this.#nextSequence += 1;
        this.#fedMs = endMs;
        while (this.#fedMs - this.#ring[0].captureMs > this.#ringMs) {
            const dropped = this.#ring.shift();
            this.lostMs += dropped.endMs - dropped.captureMs;
        }
    }

    /** The connection is gone: nothing is to be sent before the service is ready again. */
    disconnected() {
        this.#isReady = false;
    }

    /** The next frame that the service has not got, counted as sent; null: it has all. */
    nextFrame() {
        if (!this.#isReady || this.isBroken || !this.#ring.length) return null;
        const index = Math.max(0, this.#sendFrom - this.#ring[0].sequence);
        if (index >= this.#ring.length) return null;
        const { sequence, captureMs, payload } = this.#ring[index];
        this.#sendFrom = sequence + 1;
        return pack(PCM16, sequence, captureMs, payload);
    }

    /** A picture of now as a frame; null: it is too large, or nobody is ready for it. Pictures are never sent again. */
    pictureFrame(jpeg) {
        if (!this.#isReady || this.isBroken || !jpeg.byteLength || jpeg.byteLength > MAX_PICTURE_BYTES) return null;
        return pack(JPEG, this.#nextPicture++, this.#fedMs, jpeg);
    }

    /**
     * What a text message tells that was not told before, as messages of the service; throws MessageInvalid where it is
     * none of this protocol.
     */
    take(text) {
        if (typeof text !== "string" || text.length > MAX_MESSAGE_CHARS) throw new MessageInvalid("size");
        let message;
        try {
            message = JSON.parse(text);
        } catch {
            throw new MessageInvalid("json");
        }
        if (typeof message?.type !== "string") throw new MessageInvalid("type");
        return this.#told(message) ? message : null;
    }

    #told(message) {
        switch (message.type) {
            case "ready":
                this.#sendFrom = whole(message.next_seq);
                this.#nextPicture = whole(message.next_picture ?? 0);
                whole(message.epoch);
                this.isBroken = this.#ring.length
                    ? this.#ring[0].sequence > this.#sendFrom
                    : this.#nextSequence > this.#sendFrom;
                this.#isReady = true;
                return true;
            case "ack": {
                if (typeof message.resume !== "string") throw new MessageInvalid("resume");
                this.resumeToken = message.resume;
                const throughMs = whole(message.decoded_through_ms);
                while (this.#ring.length && this.#ring[0].endMs <= throughMs) this.#ring.shift();
                return false;
            }
            case "voice":
                return this.#isNewVoice(message);
            case "event": {
                const event = message.event;
                if (typeof event?.type !== "string" || !Number.isInteger(event.at_ms)) throw new MessageInvalid("event");
                return event.type !== "transcript" || this.#isNewTranscript(event, message.rev ?? 0);
            }
            case "pace":
                if (typeof message.sentence !== "string") throw new MessageInvalid("pace");
                return true;
            case "error":
                if (typeof message.problem !== "object" || !message.problem) throw new MessageInvalid("problem");
                return true;
            case "ended":
                this.isEnded = true;
                return true;
            default:
                return false;
        }
    }

    // After a resume the service listens again to what was heard before.
    #isNewVoice(message) {
        const atMs = whole(message.at_ms);
        if (!Array.isArray(message.probabilities)) throw new MessageInvalid("voice");
        const count = Math.min(
            message.probabilities.length,
            Math.max(0, Math.floor((atMs - this.#voiceMs) / VOICE_FRAME_MS)),
        );
        if (!count) return false;
        this.#voiceMs = atMs;
        message.probabilities = message.probabilities.slice(-count);
        return true;
    }

    #isNewTranscript(event, revision) {
        const utterance = whole(event.utterance);
        if (typeof event.text !== "string" || !Array.isArray(event.words)) throw new MessageInvalid("transcript");
        if (!event.final) return utterance > this.#finals;
        if (utterance <= this.#finals && revision <= (this.#revisions.get(utterance) ?? 0)) return false;
        this.#finals = Math.max(this.#finals, utterance);
        this.#revisions.set(utterance, revision);
        return true;
    }
}

function whole(value) {
    if (!Number.isSafeInteger(value) || value < 0) throw new MessageInvalid("number");
    return value;
}
