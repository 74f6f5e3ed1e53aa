"use strict";
// The timeline and the moments. Everything that is told stands in the page already; this draws it and finds it.
(() => {
    const AROUND_MS = 15000, NEAR_MS = 4000;
    const SHORTEST_VIEW_MS = 10000;
    const POINT_PX = 24, LEAST_SPAN_PX = 5, TEXT_PX = 56;
    const SMOOTH_STEPS = 5;
    const AXIS_STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600];
    const AXIS_LABEL_PX = 72;
    const PRINT_PX = 680;

    const one = (query, root = document) => root.querySelector(query);
    const all = (query, root = document) => [...root.querySelectorAll(query)];
    const make = (name, className, ...children) => {
        const made = document.createElement(name);
        if (className) made.className = className;
        made.append(...children);
        return made;
    };
    const show = JSON.parse(one("#show").textContent);
    const wordsOf = name => one(`[data-word="${name}"]`, one("#words").content).textContent;
    const rings = one("#rings").content;
    const view = { from: 0, to: Math.max(show.length, 1000) };

    function clock(ms) {
        const s = Math.floor(ms / 1000), two = n => String(n).padStart(2, "0");
        const minutes = Math.floor(s / 60);
        return minutes < 60 ? `${minutes}:${two(s % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(s % 60)}`;
    }

    function timeButton(ms) {
        const made = make("button", "at", clock(ms));
        made.type = "button";
        made.dataset.at = ms;
        return made;
    }

    function quoted(kind, ms, text, name = "span", className = "") {
        const made = make(name, className, text);
        made.dir = "auto";
        made.dataset.q = `${kind}:${ms}`;
        return made;
    }

    // What stands on the timeline, and where; the words of each are copied from it.
    const items = all("main [data-lane]").map(node => {
        const from = Number(node.dataset.from);
        return { node, from, to: Number(node.dataset.to ?? from), lane: node.dataset.lane, isSpan: "to" in node.dataset };
    }).sort((a, b) => a.from - b.from);
    const spoken = all(".u").map(node => ({ node, from: Number(node.dataset.q.slice(5)), to: Number(node.dataset.to) }));
    const moments = [...new Set(items.map(item => item.from))];

    // ---- curves ----

    const plot = one(".plot");
    const colours = () => {
        const style = getComputedStyle(document.documentElement);
        const probe = document.body.appendChild(make("i"));
        const read = name => { probe.style.color = `var(${name})`; return getComputedStyle(probe).color; };
        const found = Object.fromEntries(["--card", "--shade", "--line", "--dim", "--link"].map(n => [n.slice(2), read(n)]));
        probe.remove();
        return { ...found, font: `12px ${style.fontFamily || "sans-serif"}` };
    };
    let ink = {};

    function smoothed(values) {
        const half = Math.floor(SMOOTH_STEPS / 2);
        return values.map((value, i) => {
            if (value === null) return null;
            const near = values.slice(Math.max(0, i - half), i + half + 1).filter(v => v !== null);
            return near.reduce((sum, v) => sum + v, 0) / near.length;
        });
    }

    function curve(box) {
        const series = show[box.dataset.curve], place = one(".chart", box);
        const times = series.values.map((_, i) => (i + 0.5) * series.step / 1000);
        const values = smoothed(series.values.map(v => box.dataset.curve === "pace" && v === 0 ? null : v));
        const known = values.filter(v => v !== null);
        const [low, high] = [Math.min(...known, ...(series.range ?? [])), Math.max(...known, ...(series.range ?? []))];
        const room = Math.max(1, (high - low) * 0.08);
        const drawn = new uPlot({
            width: place.clientWidth || PRINT_PX,
            height: place.clientHeight,
            legend: { show: false },
            padding: [6, edge(), 4, 0],
            cursor: {
                y: false, points: { show: false }, drag: { x: true, y: false, setScale: false },
                sync: { key: "show", setSeries: false }, lock: false,
            },
            scales: { x: { time: false, range: () => [view.from / 1000, view.to / 1000] }, y: { range: [low - room, high + room] } },
            axes: [
                { show: false },
                {
                    size: gutter, gap: 4, font: "12px Inter, sans-serif", stroke: () => ink.dim, ticks: { show: false },
                    splits: () => series.range ?? [Math.round(low), Math.round(high)],
                    values: (u, [a, b]) => {
                        const [bottom, top] = [a, b].map(v => String(Math.round(v)).replace("-", "−"));
                        const isTight = u.valToPos(a, "y") - u.valToPos(b, "y") < 13;
                        // Both would run into the curve's name; the numbers below have them.
                        return isTight ? ["", top] : [bottom, top];
                    },
                    grid: { stroke: () => ink.line, width: 1 },
                },
            ],
            series: [{}, { stroke: () => ink.link, width: 1.75, points: { show: false }, spanGaps: false }],
            hooks: {
                drawClear: [u => {
                    if (!series.range) return;
                    const [top, bottom] = [u.valToPos(series.range[1], "y", true), u.valToPos(series.range[0], "y", true)];
                    u.ctx.save();
                    u.ctx.fillStyle = ink.shade;
                    u.ctx.fillRect(u.bbox.left, top, u.bbox.width, bottom - top);
                    u.ctx.restore();
                }],
                draw: [u => {
                    if (!series.kind) return;
                    u.ctx.save();
                    u.ctx.fillStyle = ink.dim;
                    u.ctx.strokeStyle = ink.card;
                    u.ctx.lineWidth = 4 * devicePixelRatio;
                    u.ctx.lineJoin = "round";
                    u.ctx.font = `${12 * devicePixelRatio}px Inter, sans-serif`;
                    u.ctx.textAlign = "right";
                    u.ctx.textBaseline = "bottom";
                    const text = [
                        plot.dataset[series.kind], u.bbox.left + u.bbox.width - 4 * devicePixelRatio,
                        Math.max(u.valToPos(series.range[1], "y", true) - 3 * devicePixelRatio, 16 * devicePixelRatio),
                    ];
                    u.ctx.strokeText(...text);
                    u.ctx.fillText(...text);
                    u.ctx.restore();
                }],
                setSelect: [u => {
                    if (u.select.width < 8) return;
                    const [from, to] = [u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x")];
                    u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
                    look(from * 1000, to * 1000);
                }],
            },
        }, [times, values], place);
        let downAt = null;
        drawn.over.addEventListener("pointerdown", event => { downAt = event.clientX; });
        drawn.over.addEventListener("click", event => {
            if (downAt !== null && Math.abs(event.clientX - downAt) > 4) return;
            const left = event.clientX - drawn.over.getBoundingClientRect().left;
            visit(nearest(drawn.posToVal(left, "x") * 1000));
        });
        return drawn;
    }

    const size = name => parseFloat(getComputedStyle(document.documentElement).getPropertyValue(name));
    const gutter = () => size("--gutter"), edge = () => size("--edge");

    function nearest(ms) {
        const known = [...spoken.map(u => u.from), ...moments];
        return known.reduce((best, t) => Math.abs(t - ms) < Math.abs(best - ms) ? t : best, known[0] ?? Math.round(ms));
    }

    // The curve is a control, too: from sentence to sentence.
    function steerable(over) {
        let at = 0;
        const starts = spoken.length ? spoken.map(u => u.from) : [0];
        const tell = () => {
            over.setAttribute("aria-valuenow", at);
            over.setAttribute("aria-valuetext", clock(starts[at]));
            over.dataset.at = starts[at];
        };
        for (const [name, value] of Object.entries({
            role: "slider", tabindex: 0, "aria-label": wordsOf("moment"), "aria-valuemin": 0, "aria-valuemax": starts.length - 1,
        })) over.setAttribute(name, value);
        tell();
        over.addEventListener("keydown", event => {
            const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageDown: 10, PageUp: -10 }[event.key];
            if (event.key === "Enter" || event.key === " ") visit(starts[at]);
            else if (event.key === "Home") at = 0;
            else if (event.key === "End") at = starts.length - 1;
            else if (step) at = Math.min(Math.max(at + step, 0), starts.length - 1);
            else return;
            event.preventDefault();
            tell();
            needle(starts[at]);
        });
    }

    // ---- lanes ----

    function lay(lane) {
        const track = one(".track", lane), width = track.clientWidth || PRINT_PX, name = lane.dataset.name;
        const px = ms => (ms - view.from) / (view.to - view.from) * width;
        const groups = [];
        for (const item of items) {
            if (item.lane !== name || item.to < view.from || item.from > view.to) continue;
            const start = item.isSpan ? px(Math.max(item.from, view.from)) : px(item.from) - POINT_PX / 2;
            const end = item.isSpan ? Math.max(px(Math.min(item.to, view.to)), start + LEAST_SPAN_PX) : start + POINT_PX;
            const last = groups.at(-1);
            // Neighbours that nobody could tell apart are one, no wider than a point; going closer parts them.
            const isHidden = last && start < last.end - (item.isSpan ? 1 : POINT_PX / 8)
                && (!item.isSpan || end < last.start + POINT_PX);
            if (isHidden) {
                last.items.push(item);
                if (item.isSpan) last.end = Math.max(last.end, end);
            } else {
                const clear = item.isSpan && last ? Math.max(start, Math.min(last.end, end - 2)) : start;
                groups.push({ items: [item], start: clear, end });
            }
        }
        const held = track.contains(document.activeElement) ? Number(document.activeElement.dataset.from) : null;
        track.replaceChildren(...groups.map(group => button(group, width)));
        const buttons = all("button", track);
        const current = (held !== null && buttons.find(b => Number(b.dataset.from) >= held)) || buttons[0];
        buttons.forEach(b => { b.tabIndex = b === current ? 0 : -1; });
        if (held !== null) current?.focus();
    }

    function button(group, width) {
        const [first] = group.items, several = group.items.length > 1;
        const made = make("button", first.isSpan ? "span" : "point");
        made.type = "button";
        made.dataset.from = first.from;
        made.style.left = `${(first.isSpan ? group.start : (group.start + POINT_PX / 2)) / width * 100}%`;
        if (first.isSpan) {
            made.style.width = `${(group.end - group.start) / width * 100}%`;
            made.classList.toggle("tiny", group.end - group.start < TEXT_PX);
        } else {
            const urgent = group.items.reduce((a, b) => a.node.dataset.glyph <= b.node.dataset.glyph ? a : b);
            made.append(one(`[data-glyph="${urgent.node.dataset.glyph}"] svg`, rings).cloneNode(true));
        }
        if (several) made.classList.add("several");
        const what = several ? document.createTextNode(wordsOf("several")) : one(".what", first.node).cloneNode(true);
        const time = make("span", "sr", `${clock(first.from)} `);
        time.dataset.at = first.from;
        made.append(time, first.isSpan && !several ? make("span", "", ...what.childNodes) : make("span", "sr", what));
        made.addEventListener("click", () => {
            if (!several) return visit(first.from);
            const last = Math.max(...group.items.map(item => item.from));
            const room = Math.max((last - first.from) * 0.1, SHORTEST_VIEW_MS / 4);
            // As close as it gets, they stay one: the moment shows them all.
            if (last + room - (first.from - room) >= (view.to - view.from) * 0.9) return visit(first.from);
            look(first.from - room, last + room);
        });
        return made;
    }

    function walk(event) {
        const track = event.target.closest(".track");
        if (!track) return;
        const buttons = all("button", track), at = buttons.indexOf(document.activeElement);
        if (event.key === "ArrowUp" || event.key === "ArrowDown") {
            const tracks = all(".track", plot).filter(lane => lane.children.length);
            const next = tracks[tracks.indexOf(track) + (event.key === "ArrowUp" ? -1 : 1)];
            const from = Number(document.activeElement.dataset.from);
            const target = next && all("button", next).reduce(
                (a, b) => Math.abs(b.dataset.from - from) < Math.abs(a.dataset.from - from) ? b : a, one("button", next));
            if (target) hold(target);
        } else {
            const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
            if (next === undefined) return;
            if (buttons[next]) hold(buttons[next]);
        }
        event.preventDefault();
    }

    function hold(target) {
        all("button", target.parentElement).forEach(b => { b.tabIndex = b === target ? 0 : -1; });
        target.focus();
    }

    // ---- what is looked at ----

    let charts = [];

    function axis() {
        const box = one(".axis", plot), width = box.clientWidth || PRINT_PX, spanS = (view.to - view.from) / 1000;
        const most = Math.max(2, Math.floor(width / AXIS_LABEL_PX));
        const step = AXIS_STEPS_S.find(s => spanS / s <= most) ?? AXIS_STEPS_S.at(-1);
        const labels = [];
        for (let s = Math.ceil(view.from / 1000 / step) * step; s <= view.to / 1000; s += step) {
            const left = (s * 1000 - view.from) / (view.to - view.from);
            if (left * width < 10 || left * width > width - 16) continue;
            const label = make("span", "", clock(s * 1000));
            label.dataset.n = `axis.${s}`;
            label.style.left = `${left * 100}%`;
            labels.push(label);
        }
        box.replaceChildren(...labels);
    }

    function look(from, to) {
        const length = Math.max(show.length, 1000);
        const span = Math.min(Math.max(to - from, SHORTEST_VIEW_MS), length);
        const middle = (from + to) / 2;
        view.from = Math.max(0, Math.min(middle - span / 2, length - span));
        view.to = view.from + span;
        draw();
    }

    function draw() {
        for (const chart of charts) chart.setScale("x", { min: view.from / 1000, max: view.to / 1000 });
        axis();
        all(".lane", plot).forEach(lay);
        needle(shownMs);
        const isWhole = view.to - view.from >= show.length;
        for (const tool of all("[data-zoom]")) {
            const { zoom } = tool.dataset;
            const isOff = zoom === "earlier" ? view.from <= 0 : zoom === "later" ? view.to >= show.length
                : zoom === "closer" ? view.to - view.from <= SHORTEST_VIEW_MS : isWhole;
            // A button that has the focus keeps it: what is off says so, and does nothing.
            tool.setAttribute("aria-disabled", isOff);
            tool.style.opacity = isOff ? 0.4 : 1;
        }
    }

    function needle(ms) {
        if (!plot) return;
        const mark = one(".needle"), left = gutter();
        mark.hidden = ms === null || ms < view.from || ms > view.to;
        if (mark.hidden) return;
        const part = (ms - view.from) / (view.to - view.from);
        mark.style.left = `calc(${left}px + (100% - ${left + edge()}px) * ${part})`;
    }

    function resize(width) {
        for (const chart of charts) {
            const place = chart.root.parentElement;
            chart.setSize({ width: width ?? place.clientWidth, height: place.clientHeight });
        }
        draw();
    }

    const zooms = {
        earlier: () => look(view.from - (view.to - view.from) / 2, view.to - (view.to - view.from) / 2),
        later: () => look(view.from + (view.to - view.from) / 2, view.to + (view.to - view.from) / 2),
        closer: () => scale(0.5),
        wider: () => scale(2),
        whole: () => look(0, show.length),
    };

    function scale(by, around = (view.from + view.to) / 2) {
        look(around - (around - view.from) * by, around + (view.to - around) * by);
    }

    // One finger moves a part that is looked at closely, two go closer.
    function touchable() {
        const fingers = new Map();
        const track = one(".axis", plot);
        const msAt = x => {
            const box = track.getBoundingClientRect();
            return view.from + (x - box.left) / box.width * (view.to - view.from);
        };
        plot.addEventListener("pointerdown", event => { if (event.pointerType === "touch") fingers.set(event.pointerId, event.clientX); });
        for (const name of ["pointerup", "pointercancel"]) addEventListener(name, event => fingers.delete(event.pointerId));
        plot.addEventListener("pointermove", event => {
            const before = fingers.get(event.pointerId);
            if (before === undefined) return;
            const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, x]) => x);
            if (others.length) {
                const [a, b] = [Math.abs(before - others[0]), Math.abs(event.clientX - others[0])];
                if (a > 8 && b > 8) scale(a / b, msAt((event.clientX + others[0]) / 2));
            } else {
                const by = msAt(before) - msAt(event.clientX);
                look(view.from + by, view.to + by);
            }
            fingers.set(event.pointerId, event.clientX);
        });
        plot.addEventListener("wheel", event => {
            if (event.ctrlKey) scale(event.deltaY < 0 ? 0.8 : 1.25, msAt(event.clientX));
            else if (event.deltaX) look(...[view.from, view.to].map(ms => ms + event.deltaX / track.clientWidth * (view.to - view.from)));
            else return;
            event.preventDefault();
        }, { passive: false });
    }

    // ---- a moment ----

    const panel = one("#moment");
    const parts = Object.fromEntries(all("[data-part]", panel).map(part => [part.dataset.part, part]));
    let shownMs = null, opener = null, soundUrl = null;

    function visit(ms) {
        open(ms);
        const target = `#t=${ms / 1000}`;
        if (location.hash !== target) location.hash = target;
    }

    function open(ms) {
        if (shownMs === ms && panel.open) return;
        if (!panel.open) opener = document.activeElement;
        shownMs = ms;
        const isAround = item => item.from <= ms + AROUND_MS && item.to >= ms - AROUND_MS;
        const time = make("span", "", clock(ms));
        time.dataset.at = ms;
        one("h2", panel).replaceChildren(time);

        const near = items.filter(isAround);
        const happened = [...near.filter(item => !item.isSpan), ...near.filter(item => item.isSpan)].map(({ node }) => {
            const copy = node.cloneNode(true);
            for (const name of ["lane", "from", "to", "glyph"]) delete copy.dataset[name];
            for (const link of all("a.at", copy)) link.replaceWith(timeButton(Number(link.dataset.at)));
            copy.classList.add(node.classList.contains("row") ? "row" : "spans-row");
            return copy;
        });
        one("ul", parts.happened).replaceChildren(...happened);
        parts.happened.hidden = !happened.length;

        const said = spoken.filter(isAround).map(({ node, from, to }) => {
            const isNow = from <= ms + NEAR_MS / 4 && to >= ms - NEAR_MS;
            const text = quoted("said", from, node.textContent);
            return make("p", "line", timeButton(from), isNow ? make("mark", "", text) : text);
        });
        one(".lines", parts.said).replaceChildren(...said);
        one(".hint", parts.said).hidden = said.length > 0;

        const lines = show.chat.filter(([at]) => Math.abs(at - ms) <= AROUND_MS).map(([at, user, text]) => make(
            "p", "line", timeButton(at), make("span", "", quoted("chat", at, user, "span", "user"), " ", quoted("chat", at, text)),
        ));
        one(".lines", parts.chat).replaceChildren(...lines);
        parts.chat.hidden = !lines.length;

        listen(ms);
        document.body.classList.add("is-open");
        if (!panel.open) panel.show();
        one(".moment-body", panel).scrollTop = 0;
        const marked = one("mark", panel);
        if (marked && panel.clientHeight < 500) marked.scrollIntoView({ block: "nearest" });
        one("h2", panel).focus({ preventScroll: true });
        const at = moments.findIndex(m => m >= ms);
        move.before.disabled = !(at > 0 || (at < 0 && moments.length));
        move.after.disabled = !moments.some(m => m > ms);
        needle(ms);
    }

    function listen(ms) {
        const clip = show.clips.find(([start, length]) => start <= ms && ms < start + length);
        const player = one("audio", parts.sound);
        player.removeAttribute("src");
        if (soundUrl) URL.revokeObjectURL(soundUrl);
        soundUrl = null;
        parts.sound.hidden = !clip;
        if (!clip) return;
        const bytes = Uint8Array.from(atob(clip[2]), c => c.charCodeAt(0));
        soundUrl = URL.createObjectURL(new Blob([bytes], { type: "audio/ogg" }));
        player.src = soundUrl;
        player.addEventListener("loadedmetadata", () => { player.currentTime = Math.max(0, (ms - clip[0]) / 1000 - 2); }, { once: true });
    }

    function close() {
        if (!panel.open) return;
        panel.close();
        one("audio", parts.sound).pause();
        document.body.classList.remove("is-open");
        const from = shownMs;
        shownMs = null;
        needle(null);
        // The timeline may have been laid anew meanwhile.
        const back = opener?.isConnected ? opener : one(`.track [data-from="${from}"]`) ?? one("main");
        back.focus({ preventScroll: true });
    }

    const move = Object.fromEntries(all("[data-move]", panel).map(b => [b.dataset.move, b]));

    function fromAddress() {
        const found = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
        if (found) open(Math.min(Math.round(Number(found[1]) * 1000), show.length));
    }

    // ---- the transcript's filter ----

    function filter(sought) {
        const found = [], key = sought.trim().toLocaleLowerCase();
        for (const minute of all(".minute")) {
            let isFound = !key;
            for (const node of key ? all(".u", minute) : []) {
                const at = node.textContent.toLocaleLowerCase().indexOf(key);
                if (at < 0) continue;
                isFound = true;
                const range = new Range();
                range.setStart(node.firstChild, at);
                range.setEnd(node.firstChild, Math.min(at + key.length, node.firstChild.length));
                found.push(range);
            }
            minute.hidden = !isFound;
        }
        globalThis.CSS?.highlights?.set("found", new Highlight(...found));
        one("#none-found").textContent = key && !found.length ? one(".transcript").dataset.none : "";
    }

    // ---- all together ----

    document.documentElement.classList.add("js");
    for (const tools of all(".tools, .board, #filter")) tools.hidden = false;
    if (plot) {
        ink = colours();
        charts = all(".curve", plot).map(curve);
        if (charts.length) {
            steerable(charts[0].over);
            charts.slice(1).forEach(chart => chart.over.setAttribute("aria-hidden", "true"));
        }
        draw();
        touchable();
        new ResizeObserver(() => resize()).observe(plot);
        document.fonts.ready.then(recolour);
        plot.addEventListener("keydown", walk);
        plot.addEventListener("dblclick", zooms.whole);
        for (const tool of all("[data-zoom]")) tool.addEventListener("click", () => zooms[tool.dataset.zoom]());
    }
    function recolour() {
        ink = colours();
        charts.forEach(chart => chart.redraw(false));
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
    one("#theme").addEventListener("click", () => {
        const root = document.documentElement;
        const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
        root.dataset.theme = isDark ? "light" : "dark";
        recolour();
    });
    one("#print").addEventListener("click", () => print());
    let unfolded = [];
    addEventListener("beforeprint", () => {
        unfolded = all("details:not([open])");
        unfolded.forEach(fold => { fold.open = true; });
        document.documentElement.dataset.was = document.documentElement.dataset.theme ?? "";
        document.documentElement.dataset.theme = "light";
        recolour();
        if (plot) resize(PRINT_PX - 34);
    });
    addEventListener("afterprint", () => {
        unfolded.forEach(fold => { fold.open = false; });
        const { was } = document.documentElement.dataset;
        if (was) document.documentElement.dataset.theme = was;
        else delete document.documentElement.dataset.theme;
        delete document.documentElement.dataset.was;
        recolour();
        if (plot) resize();
    });
    document.addEventListener("click", event => {
        const time = event.target.closest(".at"), said = event.target.closest(".u");
        if (time) visit(Number(time.dataset.at));
        else if (said && !String(getSelection())) visit(Number(said.dataset.q.slice(5)));
    });
    document.addEventListener("keydown", event => { if (event.key === "Escape") close(); });
    addEventListener("hashchange", fromAddress);
    move.close.addEventListener("click", close);
    move.before.addEventListener("click", () => visit(moments.findLast(m => m < shownMs) ?? shownMs));
    move.after.addEventListener("click", () => visit(moments.find(m => m > shownMs) ?? shownMs));
    one("#filter")?.addEventListener("input", event => filter(event.target.value));
    fromAddress();
})();
