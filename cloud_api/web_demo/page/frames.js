/** Frames of a stream to the cloud, as core/frames.py has them. */

export const PROTOCOL = "martlive.v1";
export const RATE_HZ = 16_000;
export const PCM16 = 1;
export const JPEG = 3;
export const HEADER_BYTES = 13;
export const MAX_PICTURE_BYTES = 131_072;

/** One frame as bytes: kind, sequence (u32), capture time in ms (u64), payload; network byte order. */
export function pack(kind, sequence, captureMs, payload) {
    const bytes = new Uint8Array(HEADER_BYTES + payload.byteLength);
    const header = new DataView(bytes.buffer);
    header.setUint8(0, kind);
    header.setUint32(1, sequence);
    header.setBigUint64(5, BigInt(captureMs));
    bytes.set(payload, HEADER_BYTES);
    return bytes;
}
