/** The tip on screen: one at a time, with the time left as an arc. */

/** By severity; a sign beside the colour, so that colour is never the only one. */
const GLYPHS = {
    0: "M20 12v9.5M20 27.4v.3",
    1: "M14 20h12m-5-5 5 5-5 5",
    2: "M20 19v8M20 13.2v.3",
    3: "M15 20h10",
    praise: "m14.5 20.5 4 4 7.5-8",
};

/** The kind of tip that says what went well. */
const PRAISE = "well_done";

/** A tip that the service forgot to close leaves by itself. */
const GRACE_MS = 2_000;

export class TipCard {
    #place;
    #text;
    #arc;
    #empty;
    #leaving = null;

    /** The tip event that is shown, with its times of the show; null: none. */
    tip = null;

    constructor(place, empty) {
        this.#place = place;
        this.#empty = empty;
        this.#text = place.querySelector("p");
        this.#arc = place.querySelector(".arc");
    }

    show(tip) {
        this.tip = tip;
        clearTimeout(this.#leaving);
        const look = tip.kind === PRAISE ? "praise" : String(Math.min(3, tip.severity));
        this.#place.dataset.look = look;
        this.#place.querySelector(".glyph").setAttribute("d", GLYPHS[look]);
        this.#text.textContent = tip.text;
        this.#empty.hidden = true;
        this.#place.hidden = false;
        this.#place.classList.remove("is-leaving");
        this.at(tip.at_ms);
        // Begin the animation anew for each tip.
        this.#place.classList.remove("is-new");
        void this.#place.offsetWidth;
        this.#place.classList.add("is-new");
    }

    close(id) {
        if (!this.tip || (id !== undefined && this.tip.id !== id)) return;
        this.tip = null;
        this.#place.classList.add("is-leaving");
        const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
        this.#leaving = setTimeout(() => this.#gone(), isStill ? 0 : 240);
    }

    #gone() {
        this.#place.hidden = true;
        this.#empty.hidden = false;
    }

    /** It is `ms` of the show: the arc is shorter. */
    at(ms) {
        if (!this.tip) return;
        const { at_ms: from, expires_ms: until } = this.tip;
        const left = Math.max(0, Math.min(1, (until - ms) / Math.max(1, until - from)));
        this.#arc.style.strokeDasharray = `${100 * left} 100`;
        if (ms > until + GRACE_MS) this.close();
    }
}
