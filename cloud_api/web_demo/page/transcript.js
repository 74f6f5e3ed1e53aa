/** The words of the show: settled lines, and the newest one, which may still change. */

/** Lines that are shown; the rest is in the transcript file. */
const MOST_LINES = 400;

export const clock = (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000));
    const minutes = String(Math.floor(s / 60) % 60).padStart(s >= 3600 ? 2 : 1, "0");
    const hours = s >= 3600 ? `${Math.floor(s / 3600)}:` : "";
    return `${hours}${minutes}:${String(s % 60).padStart(2, "0")}`;
};

/** Text in pieces that are each stable or not, from a transcript event. */
export function pieces(event) {
    const found = [];
    let at = 0;
    for (const word of event.words) {
        const start = event.text.indexOf(word.text, at);
        if (start < 0) return [{ text: event.text, isStable: event.final }];
        const end = start + word.text.length;
        const isStable = event.final || word.stable !== false;
        if (found.length && found.at(-1).isStable === isStable) found.at(-1).text += event.text.slice(at, end);
        else found.push({ text: event.text.slice(at, end), isStable });
        at = end;
    }
    const rest = event.text.slice(at);
    if (rest && found.length) found.at(-1).text += rest;
    else if (rest) found.push({ text: rest, isStable: event.final });
    return found;
}

export class Words {
    #box;
    #empty;
    /** Lines by session and utterance. */
    #lines = new Map();

    constructor(box) {
        this.#box = box;
        this.#empty = box.firstElementChild;
    }

    clear() {
        this.#lines.clear();
        this.#box.replaceChildren(this.#empty);
    }

    /** Show `event`, whose times count from `offsetMs`. */
    put(event, offsetMs) {
        const isAtEnd = this.#box.scrollHeight - this.#box.scrollTop - this.#box.clientHeight < 48;
        const name = `${offsetMs}:${event.utterance}`;
        let line = this.#lines.get(name);
        if (!event.text.trim()) {
            line?.remove();
            this.#lines.delete(name);
            return;
        }
        this.#empty.remove();
        if (!line) {
            line = document.createElement("p");
            this.#lines.set(name, line);
            this.#box.append(line);
        }
        const time = document.createElement("span");
        time.className = "time";
        time.textContent = clock(offsetMs + (event.words[0]?.start_ms ?? event.at_ms));
        const text = document.createElement("span");
        for (const piece of pieces(event)) {
            const span = document.createElement("span");
            span.className = piece.isStable ? "firm" : "loose";
            span.textContent = piece.text;
            text.append(span);
        }
        line.className = event.final ? "is-final" : "is-partial";
        line.replaceChildren(time, text);
        for (const [old, element] of this.#lines) {
            if (this.#lines.size <= MOST_LINES) break;
            element.remove();
            this.#lines.delete(old);
        }
        if (isAtEnd) this.#box.scrollTop = this.#box.scrollHeight;
    }

    get isEmpty() {
        return this.#lines.size === 0;
    }
}

/** Tells a screen reader of words, not more often than it can speak them. */
export class Announcer {
    #element;
    #waiting = [];
    #lastAt = -Infinity;
    #leastMs;

    constructor(element, leastMs) {
        this.#element = element;
        this.#leastMs = leastMs;
    }

    say(text) {
        this.#waiting.push(text);
        this.at();
    }

    /** Called now and then: what waits is told when it is time. */
    at() {
        if (!this.#waiting.length || performance.now() - this.#lastAt < this.#leastMs) return;
        this.#lastAt = performance.now();
        this.#element.textContent = this.#waiting.join(" ");
        this.#waiting = [];
    }
}
