/** Pictures of the camera, or of what is shared, as JPEG. */

import { MAX_PICTURE_BYTES } from "./frames.js";

const WIDEST_PX = 640;
const QUALITIES = [0.72, 0.5, 0.3];

/** One source of pictures; `onLost` is called when the camera or the shared tab goes. */
export class Pictures {
    #stream;
    #video;
    #newest = null;
    #reader = null;
    #canvas = document.createElement("canvas");

    /** `kind` is `camera` or `screen`; throws what the browser throws when the user says no. */
    static async open(kind, video, onLost) {
        const media = navigator.mediaDevices;
        const size = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 10, max: 30 } };
        if (kind === "screen" && !media?.getDisplayMedia) throw new DOMException("", "NotSupportedError");
        if (!media) throw new DOMException("", "SecurityError");
        const stream =
            kind === "screen"
                ? await media.getDisplayMedia({ video: size, audio: false })
                : await media.getUserMedia({ video: size });
        return new Pictures(stream, video, onLost);
    }

    constructor(stream, video, onLost) {
        this.#stream = stream;
        this.#video = video;
        const track = stream.getVideoTracks()[0];
        track.onended = () => {
            this.close();
            onLost();
        };
        video.srcObject = stream;
        video.play().catch(() => undefined);
        // A hidden page's video stands still; the track's own pictures do not.
        if ("MediaStreamTrackProcessor" in window) this.#follow(new MediaStreamTrackProcessor({ track, maxBufferSize: 1 }));
    }

    async #follow(processor) {
        this.#reader = processor.readable.getReader();
        for (;;) {
            const { value, done } = await this.#reader.read();
            this.#newest?.close();
            this.#newest = done ? null : value;
            if (done) return;
        }
    }

    /** What is seen now, at most 640 px wide, as Uint8Array; null: nothing to be seen. */
    async jpeg() {
        const isFollowed = this.#reader !== null;
        const source = isFollowed ? this.#newest : this.#video;
        if (!source || (!isFollowed && (document.hidden || this.#video.readyState < 2))) return null;
        const width = source.displayWidth ?? source.videoWidth;
        const height = source.displayHeight ?? source.videoHeight;
        if (!width || !height) return null;
        const scale = Math.min(1, WIDEST_PX / width, WIDEST_PX / height);
        this.#canvas.width = Math.max(1, Math.round(width * scale));
        this.#canvas.height = Math.max(1, Math.round(height * scale));
        this.#canvas.getContext("2d", { alpha: false }).drawImage(source, 0, 0, this.#canvas.width, this.#canvas.height);
        for (const quality of QUALITIES) {
            const blob = await new Promise((resolve) => this.#canvas.toBlob(resolve, "image/jpeg", quality));
            if (blob?.type === "image/jpeg" && blob.size <= MAX_PICTURE_BYTES) return new Uint8Array(await blob.arrayBuffer());
        }
        return null;
    }

    close() {
        for (const track of this.#stream.getTracks()) {
            track.onended = null;
            track.stop();
        }
        this.#reader?.cancel().catch(() => undefined);
        this.#newest?.close();
        this.#newest = null;
        this.#video.srcObject = null;
    }
}
