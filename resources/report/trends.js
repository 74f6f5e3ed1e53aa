"use strict";
// Arrow keys go from show to show, and one tab stop leads into each chart; without this, every dot is one.
(() => {
    const all = (query, root = document) => [...root.querySelectorAll(query)];

    for (const chart of all(".dots")) {
        const dots = all(".dot", chart);
        const hold = held => dots.forEach(dot => { dot.tabIndex = dot === held ? 0 : -1; });
        hold(dots.at(-1));
        chart.addEventListener("keydown", event => {
            const at = dots.indexOf(document.activeElement);
            const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: dots.length - 1 }[event.key];
            if (next === undefined) return;
            event.preventDefault();
            if (!dots[next]) return;
            hold(dots[next]);
            dots[next].focus();
        });
    }
    for (const tools of all(".tools")) tools.hidden = false;
    document.querySelector("#print").addEventListener("click", () => print());
    document.querySelector("#theme").addEventListener("click", () => {
        const root = document.documentElement;
        const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
        root.dataset.theme = isDark ? "light" : "dark";
    });
})();
