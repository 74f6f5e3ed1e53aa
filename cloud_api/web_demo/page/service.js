/** Talks with the gateway: its REST calls, and one run of a show over any number of connections and sessions. */

import { PROTOCOL } from "./frames.js";
import { CloudStream } from "./stream.js";

const TYPE_ROOT = "urn:martlive:problem:";

const BACK_OFF_MS = 300;
const LONGEST_BACK_OFF_MS = 10_000;

/** From the start of a connection until the service is ready. */
const READY_WITHIN_MS = 15_000;

/** The service tells of voice several times a second; a connection that is quiet for so long is dead. */
const QUIET_MS = 20_000;

/** Of one REST call. */
const ANSWER_WITHIN_MS = 20_000;

/** Bytes that wait in the socket: more stay in the ring, where a lost connection does not take them along. */
const MOST_WAITING_BYTES = 262_144;
const MOST_WAITING_FOR_PICTURES = 65_536;

/** Lines and commands that wait for a connection. */
const MOST_TEXTS = 20;

/** What a socket says that closes without a word. Other codes mean: come back. */
const CLOSE_CODES = new Map([
    [4400, "bad-request"],
    [4403, "forbidden"],
    [4404, "not-found"],
    [4409, "session-taken"],
    [4410, "session-ended"],
    [4412, "resume-invalid"],
    [4413, "too-large"],
    [4415, "codec-unsupported"],
    [4422, "invalid"],
]);

/** Why the service did not do it; `name` is one of the stable types, or `network`. */
export class Problem extends Error {
    constructor(name, { isRetryable = false, retryAfterMs = 0, traceId = "" } = {}) {
        super(name);
        this.name = name;
        this.isRetryable = isRetryable;
        this.retryAfterMs = retryAfterMs;
        this.traceId = traceId;
    }

    /** From an RFC 9457 object. */
    static of(body) {
        const type = typeof body?.type === "string" ? body.type : "";
        return new Problem(type.startsWith(TYPE_ROOT) ? type.slice(TYPE_ROOT.length) : "unknown", {
            isRetryable: body?.retryable === true,
            retryAfterMs: Number(body?.retry_after_ms) || 0,
            traceId: typeof body?.trace_id === "string" ? body.trace_id : "",
        });
    }
}

/** The REST side of the gateway, for one key. */
export class Gateway {
    constructor(address, key) {
        this.address = address.replace(/\/+$/, "");
        this.key = key;
    }

    /** The answer to a request; throws a Problem. */
    async call(method, path, { body, headers = {}, signal, isLast = false } = {}) {
        let answer;
        try {
            const timely = AbortSignal.timeout(ANSWER_WITHIN_MS);
            answer = await fetch(this.address + path, {
                method,
                headers: {
                    Authorization: `Bearer ${this.key}`,
                    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
                    ...headers,
                },
                body: body === undefined ? undefined : JSON.stringify(body),
                signal: signal ? AbortSignal.any([signal, timely]) : timely,
                cache: "no-store",
                credentials: "omit",
                redirect: "error",
                referrerPolicy: "no-referrer",
                keepalive: isLast,
            });
        } catch {
            throw new Problem("network", { isRetryable: !signal?.aborted });
        }
        if (answer.ok) return answer;
        let problem;
        try {
            problem = Problem.of(await answer.json());
        } catch {
            problem = new Problem("unknown");
        }
        if (problem.name === "unknown") {
            const isRetryable = answer.status >= 500 || answer.status === 429;
            problem = new Problem("unknown", { isRetryable, traceId: problem.traceId });
        }
        throw problem;
    }

    report(session, language, signal) {
        return this.call("GET", `/v1/sessions/${session}/report?format=html&language=${language}`, { signal });
    }

    transcript(session, format) {
        return this.call("GET", `/v1/sessions/${session}/transcript?format=${format}`);
    }

    erase(session) {
        return this.call("DELETE", `/v1/sessions/${session}`);
    }
}

/**
 * A show from Start to Stop. Sound goes in by `feed`; what comes out goes to `on`:
 *
 * - state(name): `connecting`, `live`, `reconnecting`, `ending`, `ended`
 * - problem(problem): why it waits, or, when the state becomes `ended`, why it ended; null: nothing
 * - message(message, offsetMs): from the service; its times count from `offsetMs` of the show
 * - parted(lostMs): sound was lost, and a new session goes on
 */
export class Run {
    #gateway;
    #request;
    #on;
    #stream = new CloudStream();
    #session = null;
    #ticket = "";
    #socket = null;
    #state = "";
    #texts = [];
    #offsetMs = 0;
    #chatMs = -1;
    #stop = new AbortController();
    #hasFinished = false;
    #hasSaidEnd = false;
    #attempts = 0;
    #heardAt = 0;
    #wake = null;
    #wakeAt = 0;

    /** Ids of its sessions: one, or more where the connection was gone for longer than sound is kept. */
    sessions = [];
    /** Whether the service said that it heard all. */
    isHeard = false;

    constructor(gateway, request, on) {
        this.#gateway = gateway;
        this.#request = request;
        this.#on = on;
    }

    /** Time of the show. */
    get atMs() {
        return this.#offsetMs + this.#stream.fedMs;
    }

    /** Sound that has not been heard yet. */
    get waitingMs() {
        return this.#stream.waitingMs;
    }

    /** Resolves when the show is over, whatever happens. */
    async go() {
        this.#become("connecting");
        let problem = null;
        while (!this.#stream.isEnded && !this.#stop.signal.aborted) {
            try {
                await this.#connect();
                problem = null;
            } catch (caught) {
                if (!(caught instanceof Problem)) throw caught;
                problem = caught;
            }
            if (this.#stream.isEnded || this.#stop.signal.aborted) break;
            if (problem?.name === "session-ended" && this.#hasFinished) break;
            if (this.#stream.isBroken || problem?.name === "resume-invalid") {
                this.#beginAnew();
                await this.#pause(0);
                continue;
            }
            // A ticket lives for a minute and is used once: whether the key is still good, the next call says.
            const isOver = problem && !problem.isRetryable && !(problem.name === "unauthorized" && problem.isOfTicket);
            if (isOver) break;
            if (!this.#hasFinished) this.#become(this.#session ? "reconnecting" : "connecting");
            this.#on.problem(problem);
            await this.#pause(problem?.retryAfterMs ?? 0);
        }
        const isFine = this.#stream.isEnded || this.#stop.signal.aborted || problem?.name === "session-ended";
        this.isHeard = this.#stream.isEnded;
        this.#on.problem(isFine ? null : problem);
        this.#become("ended");
    }

    /** Take 16 kHz sound which follows what was fed before. */
    feed(pcm) {
        this.#stream.feed(pcm);
        // A hidden page's timers sleep, sound goes on: so sound wakes what waits.
        if (this.#wake && performance.now() >= this.#wakeAt) this.#wake();
        if (this.#socket && performance.now() - this.#heardAt > QUIET_MS) this.#socket.close();
        this.#send();
    }

    /** Whether a picture would be sent now. */
    get wantsPicture() {
        return this.#state === "live" && this.#socket?.bufferedAmount < MOST_WAITING_FOR_PICTURES;
    }

    picture(jpeg) {
        if (!this.wantsPicture) return;
        const frame = this.#stream.pictureFrame(jpeg);
        if (frame) this.#socket.send(frame);
    }

    /** A viewer's line, as if it came from the chat. */
    chat(user, text) {
        // The time tells a viewer's lines apart.
        this.#chatMs = Math.max(this.#chatMs + 1, this.#stream.fedMs);
        this.#say({ type: "chat", at_ms: this.#chatMs, user, text });
    }

    command(what) {
        this.#say({ type: "command", what });
    }

    /** No more sound comes; the service hears the rest and ends. */
    finish() {
        this.#stream.finish();
        this.#hasFinished = true;
        this.#become("ending");
        this.#wake?.();
        this.#send();
    }

    /** End without waiting for the rest. */
    giveUp() {
        this.#stop.abort();
        this.#wake?.();
        this.#socket?.close();
        if (this.#session && !this.#stream.isEnded) {
            this.#gateway.call("POST", `/v1/sessions/${this.#session.id}/end`, { isLast: true }).catch(() => undefined);
        }
    }

    #become(state) {
        if (this.#hasFinished && state !== "ended") state = "ending";
        if (state === this.#state) return;
        this.#state = state;
        this.#on.state(state);
    }

    async #connect() {
        const signal = this.#stop.signal;
        if (!this.#session) {
            this.#request.idempotencyKey ??= randomId();
            const answer = await this.#gateway.call("POST", "/v1/sessions", {
                body: this.#request.body,
                headers: { "Idempotency-Key": this.#request.idempotencyKey },
                signal,
            });
            this.#session = await answer.json();
            this.#ticket = this.#session.ticket;
            this.sessions.push(this.#session.id);
            // What was spoken before there was a session is kept only as long as there was room for it.
            if (this.#stream.lostMs) this.#restart();
        } else if (!this.#ticket) {
            const answer = await this.#gateway.call("POST", `/v1/sessions/${this.#session.id}/tickets`, { signal });
            this.#ticket = (await answer.json()).ticket;
        }
        if (signal.aborted) return;
        const ticket = this.#ticket;
        this.#ticket = "";
        await this.#converse(ticket);
    }

    /** One connection, until it is gone; throws the Problem that it ended with. */
    #converse(ticket) {
        return new Promise((resolve, reject) => {
            const socket = new WebSocket(this.#session.stream_url, [PROTOCOL, `ticket.${ticket}`]);
            socket.binaryType = "arraybuffer";
            this.#socket = socket;
            this.#heardAt = performance.now();
            this.#hasSaidEnd = false;
            let problem = null;
            const late = setTimeout(() => socket.close(), READY_WITHIN_MS);
            // After the last sound nothing else would look whether there is room in the socket.
            const pump = setInterval(() => this.#send(), 200);
            socket.onopen = () => socket.send(JSON.stringify({ type: "open", resume: this.#stream.resumeToken }));
            socket.onmessage = ({ data }) => {
                this.#heardAt = performance.now();
                try {
                    const message = this.#stream.take(data);
                    if (message?.type === "error") problem = Problem.of(message.problem);
                    else if (message) this.#told(message, late);
                } catch {
                    problem = new Problem("network", { isRetryable: true });
                    socket.close();
                }
            };
            socket.onclose = ({ code }) => {
                clearTimeout(late);
                clearInterval(pump);
                this.#socket = null;
                this.#stream.disconnected();
                if (!problem && CLOSE_CODES.has(code)) problem = new Problem(CLOSE_CODES.get(code));
                if (problem) problem.isOfTicket = true;
                if (problem) reject(problem);
                else resolve();
            };
        });
    }

    #told(message, late) {
        if (message.type === "ready") {
            clearTimeout(late);
            if (this.#stream.isBroken) {
                this.#socket.close();
                return;
            }
            this.#attempts = 0;
            this.#on.problem(null);
            this.#become("live");
            while (this.#texts.length) this.#socket.send(this.#texts.shift());
            this.#send();
        } else if (message.type === "ended") {
            this.#socket.close();
        } else {
            this.#on.message(message, this.#offsetMs);
        }
    }

    #send() {
        const socket = this.#socket;
        if (socket?.readyState !== WebSocket.OPEN) return;
        while (socket.bufferedAmount < MOST_WAITING_BYTES) {
            const frame = this.#stream.nextFrame();
            if (!frame) break;
            socket.send(frame);
        }
        if (this.#hasFinished && !this.#hasSaidEnd && this.#stream.isSent) {
            this.#hasSaidEnd = true;
            socket.send(JSON.stringify({ type: "end" }));
        }
    }

    #say(message) {
        const text = JSON.stringify(message);
        if (this.#stream.isReady && this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
        else if (this.#texts.length < MOST_TEXTS) this.#texts.push(text);
    }

    #beginAnew() {
        const lostMs = Math.max(this.#stream.lostMs, this.#stream.waitingMs);
        this.#restart();
        this.#session = null;
        this.#ticket = "";
        this.#request.idempotencyKey = undefined;
        this.#on.parted(lostMs);
        // After the last sound there is nothing that a new session could hear.
        if (this.#hasFinished) this.#stop.abort();
    }

    #restart() {
        this.#offsetMs = this.atMs;
        this.#stream = new CloudStream();
        this.#chatMs = -1;
        this.#texts = [];
    }

    /** Wait longer each time, and not all pages equally long; being online again ends it. */
    async #pause(leastMs) {
        if (this.#stop.signal.aborted) return;
        const mostMs = Math.min(LONGEST_BACK_OFF_MS, BACK_OFF_MS * 2 ** this.#attempts++);
        const waitMs = Math.max(leastMs, mostMs * (0.5 + Math.random() / 2));
        await new Promise((resolve) => {
            this.#wake = resolve;
            this.#wakeAt = performance.now() + waitMs;
            setTimeout(resolve, waitMs);
            addEventListener("online", resolve, { once: true });
        });
        removeEventListener("online", this.#wake);
        this.#wake = null;
    }
}

/** Works without a secure context, too. */
function randomId() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join("");
}
