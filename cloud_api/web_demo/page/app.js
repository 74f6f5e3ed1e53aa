/** The page: what is set, what is shown, and what the buttons do. */

import { Microphone, microphones } from "./microphone.js";
import { Pictures } from "./pictures.js";
import { Gateway, Problem, Run } from "./service.js";
import { TipCard } from "./tip.js";
import { Announcer, Words, clock } from "./transcript.js";
import { LANGUAGES, SPOKEN, pageLanguage, say, sayProblem, setPageLanguage } from "./words.js";

const KEY_STORE = "martlive.key";
const BARS = 8;

/** Of the meter. */
const QUIETEST_DB = -60;
const TOO_LOUD_DB = -3;

/** Sound that waits for so long is worth a word. */
const LATE_MS = 3_000;

/** One picture in so many pieces of 200 ms. */
const PIECES_A_PICTURE = 5;

/** A voice was heard with this probability. */
const IS_VOICE = 0.5;

/** The report is made after the show; so long it may take. */
const REPORT_TRIES = 20;
const REPORT_EVERY_MS = 1_000;

const MOST_LINES = 30;

const $ = (id) => document.getElementById(id);

let gateway = null;
let address = "";
let days = 0;
let run = null;
let microphone = null;
let pictures = null;
let wakeLock = null;
let pieces = 0;
let isTaking = false;
let notice = null;
let status = () => "";
let problem = null;
let lastProblem = null;
let pace = null;
let lamps = { hears: false, service: false, pictures: false };

const words = new Words($("words"));
const card = new TipCard($("tip"), $("tip-empty"));
const calm = new Announcer($("polite"), 4_000);
const urgent = new Announcer($("urgent"), 0);

// ------------------------------------------------------------------ words and looks

function speak() {
    const code = pageLanguage();
    document.documentElement.lang = code === "zh" ? "zh-CN" : "en";
    document.title = say("title");
    translate(document);
    $("switch").lang = code === "zh" ? "en" : "zh-CN";
    $("privacy").textContent = address ? say("privacy", { gateway: new URL(address).host, days }) : "";
    $("language").options[0].textContent = say("auto");
    showLamps();
    showPace();
    showStatus();
    if (notice) tell(notice.place, notice.sentence);
    if (document.body.dataset.view === "ended") showEnd();
}

function translate(root) {
    for (const one of root.querySelectorAll("[data-t]")) one.textContent = say(one.dataset.t);
    for (const one of root.querySelectorAll("[data-label]")) {
        one.setAttribute("aria-label", say(one.dataset.label));
        if (one.matches("button")) one.title = say(one.dataset.label);
    }
    for (const one of root.querySelectorAll("[data-placeholder]")) one.placeholder = say(one.dataset.placeholder);
}

/** Show `sentence()` at `place`, in the language of the page; null: nothing. */
function tell(place, sentence) {
    const box = $(place);
    notice = sentence ? { place, sentence } : null;
    (box.querySelector("span") ?? box).textContent = sentence ? sentence() : "";
    box.hidden = !sentence;
    $("resume").hidden = true;
}

function view(name) {
    document.body.dataset.view = name;
    for (const one of ["setup", "live", "ended"]) $(one).hidden = one !== name;
    for (const one of ["setup-notice", "live-notice", "ended-notice"]) $(one).hidden = true;
    notice = null;
    scrollTo(0, 0);
    if (name !== "setup") $(`${name}-heading`).focus({ preventScroll: true });
}

function meter(place) {
    const box = $(place);
    box.replaceChildren(...Array.from({ length: BARS }, () => document.createElement("i")));
}

let levelShownAt = 0;

function showLevel(rms, peak) {
    const db = Math.max(QUIETEST_DB, 20 * Math.log10(rms || 1e-9));
    const isLoud = 20 * Math.log10(peak || 1e-9) > TOO_LOUD_DB;
    const lit = Math.round(((db - QUIETEST_DB) / -QUIETEST_DB) * BARS * 1.15);
    for (const place of ["setup-level", "live-level"]) {
        const box = $(place);
        [...box.children].forEach((bar, i) => {
            bar.className = i >= lit ? "" : isLoud && i >= BARS - 2 ? "is-loud" : "is-lit";
        });
        if (performance.now() - levelShownAt > 500) {
            box.setAttribute("aria-valuenow", Math.round(db));
            box.setAttribute("aria-valuetext", say("levelSays", { db: Math.round(db) }));
        }
    }
    if (performance.now() - levelShownAt > 500) levelShownAt = performance.now();
}

function showLamps() {
    const names = { hears: "lampHears", service: "lampService", pictures: "lampPictures" };
    for (const [name, isOn] of Object.entries(lamps)) {
        const lamp = $(`lamp-${name}`);
        const text = say(isOn ? "lampOn" : "lampOff", { name: say(names[name]) });
        lamp.classList.toggle("is-on", isOn);
        if (lamp.title !== text) {
            lamp.title = text;
            lamp.setAttribute("aria-label", text);
        }
    }
    $("lamp-pictures").hidden = !pictures && !lamps.pictures;
}

function light(name, isOn) {
    if (lamps[name] === isOn) return;
    lamps = { ...lamps, [name]: isOn };
    showLamps();
}

function showPace() {
    $("pace").textContent = pace === null ? say("paceEmpty") : say("pace", { wpm: Math.round(pace) });
}

function showStatus() {
    const text = problem ? sayProblem(problem) : status();
    if ($("status").textContent !== text) $("status").textContent = text;
}

// ------------------------------------------------------------------ before the show

function takeKey() {
    const fragment = new URLSearchParams(location.hash.slice(1));
    const given = fragment.get("key");
    if (given !== null) history.replaceState(null, "", location.pathname + location.search);
    let kept = "";
    try {
        kept = sessionStorage.getItem(KEY_STORE) ?? "";
    } catch {
        // A browser that keeps nothing is fine.
    }
    if (given ?? kept) $("key").value = given ?? kept;
    $("remember").checked = kept !== "";
}

function keepKey() {
    try {
        if ($("remember").checked) sessionStorage.setItem(KEY_STORE, $("key").value.trim());
        else sessionStorage.removeItem(KEY_STORE);
    } catch {
        $("remember").checked = false;
    }
}

async function listMicrophones() {
    const found = await microphones();
    for (const place of ["microphone", "other-microphone"]) {
        const list = $(place);
        const chosen = microphone?.device || list.value;
        const options = found
            .filter((one) => one.deviceId !== "default" && one.deviceId !== "communications")
            .map((one, i) => new Option(one.label || `${say("microphone")} ${i + 1}`, one.deviceId));
        const usual = new Option(say("usual"), "");
        usual.dataset.t = "usual";
        list.replaceChildren(usual, ...options);
        list.value = options.some((one) => one.value === chosen) ? chosen : "";
    }
}

function hear() {
    return new Microphone({
        pcm: heard,
        level: showLevel,
        lost: () => {
            showLevel(0, 0);
            tell(run ? "live-notice" : "setup-notice", () => say("microphoneLost"));
            listMicrophones();
        },
        paused: (isPaused) => {
            if (!run) return;
            tell("live-notice", isPaused ? () => say("paused") : null);
            $("resume").hidden = !isPaused;
        },
        muted: (isMuted) => {
            if (run) tell("live-notice", isMuted ? () => say("microphoneMuted") : null);
        },
    });
}

/** Why the browser gave no microphone, camera or screen, as a sentence's name. */
function whyNot(error, kind) {
    const isAbout = { microphone: "microphone", camera: "camera", screen: "screen" }[kind];
    switch (error?.name) {
        case "NotAllowedError":
            return `${isAbout}Denied`;
        case "NotFoundError":
        case "OverconstrainedError":
        case "NotSupportedError":
            return `${isAbout}Missing`;
        case "SecurityError":
            return "insecure";
        case "NotReadableError":
        case "AbortError":
            return kind === "microphone" ? "microphoneBusy" : `${isAbout}Missing`;
        default:
            return `${isAbout}Denied`;
    }
}

async function openMicrophone(device, place) {
    microphone ??= hear();
    try {
        await microphone.open(device);
    } catch (error) {
        tell(place, () => say(whyNot(error, "microphone")));
        return false;
    }
    await listMicrophones();
    return true;
}

async function tryMicrophone() {
    if (!(await openMicrophone($("microphone").value, "setup-notice"))) return;
    tell("setup-notice", null);
    $("try").hidden = true;
    $("setup-level").hidden = $("trying").hidden = false;
}

/** The plan as the gateway takes it; null: none; throws the name of a sentence. */
function plan() {
    const name = $("product").value.trim();
    const facts = $("facts").value.split("\n").map((one) => one.trim()).filter(Boolean);
    const written = $("price").value.trim().replace(",", ".");
    const price = Number(written);
    if (!name && !facts.length && !written) return null;
    if (!name) throw ["needProduct", "product"];
    if (!Number.isFinite(price) || price < 0) throw ["badPrice", "price"];
    return {
        title: name,
        mode: "selling",
        language: $("language").value,
        currency: $("currency").value,
        products: [{ name, ...(price ? { price } : {}), facts }],
    };
}

function wrong(sentence, field) {
    tell("setup-notice", () => say(sentence));
    $("plan").open ||= $("plan").contains($(field));
    $(field).setAttribute("aria-invalid", "true");
    $(field).focus();
}

// ------------------------------------------------------------------ the show

async function start() {
    for (const one of document.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
    const key = $("key").value.trim();
    if (!address) return tell("setup-notice", () => say("noGateway"));
    if (!key) return wrong("needKey", "key");
    let planned;
    try {
        planned = plan();
    } catch (found) {
        if (!Array.isArray(found)) throw found;
        return wrong(...found);
    }
    keepKey();
    $("start").disabled = true;
    try {
        // What must follow a click at once comes first.
        if (!(await openPictures())) return;
        if (!(await openMicrophone($("microphone").value, "setup-notice"))) return closePictures();
        await live(key, planned);
    } finally {
        $("start").disabled = false;
    }
}

async function openPictures() {
    const kind = document.querySelector("input[name=pictures]:checked").value;
    if (kind === "none") return true;
    try {
        pictures = await Pictures.open(kind, $("video"), () => {
            closePictures();
            tell("live-notice", () => say("pictureLost"));
        });
    } catch (error) {
        tell("setup-notice", () => say(whyNot(error, kind)));
        return false;
    }
    return true;
}

function closePictures() {
    pictures?.close();
    pictures = null;
    $("picture").hidden = true;
    light("pictures", false);
    showLamps();
}

async function live(key, planned) {
    gateway = new Gateway(address, key);
    const body = {
        mode: "coach",
        language: $("language").value,
        plan: planned,
        names: planned ? planned.products.map((one) => one.name) : [],
        partials: true,
        voice: true,
        second_pass: false,
        title: planned?.title ?? "",
    };
    lastProblem = null;
    run = new Run(gateway, { body }, { state: became, problem: troubled, message: told, parted });
    words.clear();
    card.close();
    pace = null;
    pieces = 0;
    problem = null;
    lamps = { hears: false, service: false, pictures: false };
    $("lines").replaceChildren();
    $("on-show").textContent = planned?.title ?? "";
    $("picture").hidden = !pictures;
    $("stop").disabled = false;
    $("stop").dataset.t = "stop";
    view("live");
    speak();
    stayAwake();
    microphone.start();
    await run.go();
    await over();
}

function heard(pcm) {
    if (!run) return;
    run.feed(pcm);
    pieces += 1;
    const atMs = run.atMs;
    $("clock").textContent = clock(atMs);
    card.at(atMs);
    calm.at();
    showStatus();
    if (pictures && pieces % PIECES_A_PICTURE === 0) take();
}

async function take() {
    if (isTaking || !run.wantsPicture) return;
    isTaking = true;
    try {
        const jpeg = await pictures?.jpeg();
        if (jpeg && run) {
            run.picture(jpeg);
            light("pictures", true);
        }
    } finally {
        isTaking = false;
    }
}

function became(state) {
    light("service", state === "live" || state === "ending");
    if (state !== "live") light("hears", false);
    document.body.dataset.state = state;
    status = () => {
        if (state === "reconnecting" && run?.waitingMs > LATE_MS)
            return say("reconnectingLate", { seconds: Math.round(run.waitingMs / 1000) });
        return state === "ended" ? "" : say(state);
    };
    showStatus();
}

function troubled(found) {
    // A lost connection is said by the state: nothing is wrong that the user could mend.
    problem = found && found.name !== "network" ? found : null;
    if (found?.name === "network" && document.body.dataset.state === "connecting") problem = found;
    lastProblem = found;
    showStatus();
}

function parted(lostMs) {
    tell("live-notice", () => say("parted", { seconds: Math.max(1, Math.round(lostMs / 1000)) }));
}

function told(message, offsetMs) {
    if (message.type === "voice") {
        light("hears", message.probabilities.at(-1) > IS_VOICE);
    } else if (message.type === "pace") {
        const sentence = message.sentence;
        status = () => sentence || say("live");
        showStatus();
    } else if (message.type === "event") {
        happened(message.event, offsetMs);
    }
}

function happened(event, offsetMs) {
    switch (event.type) {
        case "transcript":
            words.put(event, offsetMs);
            if (event.final && event.text.trim()) calm.say(event.text);
            break;
        case "tip": {
            if (typeof event.text !== "string" || !event.text) break;
            const shown = { ...event, at_ms: event.at_ms + offsetMs, expires_ms: event.expires_ms + offsetMs };
            card.show(shown);
            if (event.severity === 0) urgent.say(say("urgentSays", { text: event.text }));
            else calm.say(say("tipSays", { text: event.text }));
            break;
        }
        case "tip_closed":
            card.close(event.id);
            break;
        case "signal":
            if (event.name === "pace") {
                pace = event.value;
                showPace();
            }
            break;
        case "rundown":
            if (event.what === "shown" && event.item) $("on-show").textContent = event.item;
            break;
        case "chat":
            line(`${event.at_ms}:${event.user}`, event.user, event.text, "");
            break;
        case "question":
            line(`${event.asked_ms}:${event.user}`, event.user, event.text, event.state);
            break;
        default:
            break;
    }
}

/** A viewer's line; the same line again changes its state. */
function line(name, user, text, state) {
    let row = [...$("lines").children].find((one) => one.dataset.name === name);
    if (!row) {
        row = document.createElement("li");
        row.dataset.name = name;
        const who = document.createElement("b");
        who.textContent = user;
        const what = document.createElement("span");
        what.textContent = text;
        row.append(who, what);
        $("lines").append(row);
        if ($("lines").children.length > MOST_LINES) $("lines").firstElementChild.remove();
    }
    if (!["asked", "waiting", "answered"].includes(state)) return;
    row.querySelector("small")?.remove();
    const sign = document.createElement("small");
    sign.dataset.t = sign.dataset.state = state;
    sign.textContent = say(state);
    row.append(sign);
}

async function stop() {
    if (document.body.dataset.state === "ending") {
        run?.giveUp();
        return;
    }
    $("stop").dataset.t = "stopNow";
    $("stop").textContent = say("stopNow");
    tell("live-notice", null);
    closePictures();
    if (document.body.dataset.state === "connecting" && !run.sessions.length) {
        run.giveUp();
        return;
    }
    await microphone.finish();
    run?.finish();
}

async function over() {
    card.close();
    closePictures();
    await microphone?.close();
    microphone = null;
    await wakeLock?.release().catch(() => undefined);
    wakeLock = null;
    $("try").hidden = false;
    $("setup-level").hidden = $("trying").hidden = true;
    if (run.sessions.length) {
        view("ended");
        drawParts();
        showEnd();
        showEndWords();
    } else {
        const found = lastProblem;
        run = null;
        view("setup");
        if (found) tell("setup-notice", () => sayProblem(found));
    }
}

async function stayAwake() {
    if (!("wakeLock" in navigator) || document.hidden || !run || document.body.dataset.view !== "live") return;
    try {
        wakeLock = await navigator.wakeLock.request("screen");
    } catch {
        wakeLock = null;
    }
}

// ------------------------------------------------------------------ after the show

function showEnd() {
    $("ended-lead").textContent = lastProblem ? sayProblem(lastProblem) : say(run.isHeard ? "endedFine" : "endedEarly");
    [...$("parts").children].forEach((one, i, all) => {
        const title = one.querySelector("h2");
        title.hidden = all.length === 1;
        title.textContent = say("part", { number: i + 1 });
    });
}

function showEndWords() {
    const box = $("ended-words");
    const lines = [...$("words").querySelectorAll(".is-final")].map((one) => one.cloneNode(true));
    box.replaceChildren(box.firstElementChild, ...lines);
    box.hidden = !lines.length;
}

function drawParts() {
    $("parts").replaceChildren();
    for (const session of run.sessions) {
        const part = $("part").content.cloneNode(true).firstElementChild;
        translate(part);
        part.addEventListener("click", ({ target }) => {
            const button = target.closest("button");
            if (button) act(part, session, button);
        });
        $("parts").append(part);
    }
}

async function act(part, session, button) {
    const said = part.querySelector(".said");
    const ask = part.querySelector(".ask");
    const remove = part.querySelector("[data-act=delete]");
    said.textContent = "";
    try {
        if (button.dataset.format) {
            await download(session, button.dataset.format);
        } else if (button.dataset.act === "report") {
            await showReport(session, said);
        } else if (button.dataset.act === "delete-yes") {
            await gateway.erase(session);
            part.querySelector(".acts").remove();
            part.querySelector(".erase").remove();
            said.textContent = say("deleted");
            if (!$("parts").querySelector(".erase")) {
                $("ended-words").hidden = true;
                words.clear();
            }
        } else {
            ask.hidden = button.dataset.act !== "delete";
            remove.hidden = !ask.hidden;
            (ask.hidden ? remove : ask.querySelector("[data-act=delete-no]")).focus();
        }
    } catch (found) {
        if (!(found instanceof Problem)) throw found;
        said.textContent = sayProblem(found);
    }
}

async function download(session, format) {
    const blob = await (await gateway.transcript(session, format)).blob();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `martlive-${session}.${format}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** In a tab whose document is nobody's: it has the report, and neither this page's key nor the network. */
async function showReport(session, said) {
    const tab = open("report.html", "_blank");
    if (!tab) {
        said.textContent = say("reportBlocked");
        return;
    }
    const isOpen = new Promise((resolve) => {
        const listen = (event) => {
            if (event.source !== tab || event.data !== "report-open") return;
            removeEventListener("message", listen);
            resolve();
        };
        addEventListener("message", listen);
    });
    said.textContent = say("reportWait");
    isOpen.then(() => tab.postMessage({ wait: say("reportWait") }, "*"));
    try {
        const html = await report(session, tab);
        await isOpen;
        tab.postMessage({ html }, "*");
        said.textContent = "";
    } catch (found) {
        tab.close();
        throw found;
    }
}

async function report(session, tab) {
    for (let tries = 1; ; tries++) {
        try {
            return await (await gateway.report(session, pageLanguage())).text();
        } catch (found) {
            const isMade = !(found.isRetryable || found.name === "not-found");
            if (isMade || tries === REPORT_TRIES || tab.closed) throw found;
        }
        await new Promise((resolve) => setTimeout(resolve, REPORT_EVERY_MS));
    }
}

function again() {
    run = null;
    lastProblem = null;
    view("setup");
    listMicrophones();
}

// ------------------------------------------------------------------ wiring

function wire() {
    $("switch").addEventListener("click", () => {
        setPageLanguage(pageLanguage() === "zh" ? "en" : "zh");
        speak();
    });
    $("form").addEventListener("submit", (event) => {
        event.preventDefault();
        start();
    });
    $("show-key").addEventListener("click", () => {
        const isShown = $("key").type === "text";
        $("key").type = isShown ? "password" : "text";
        $("show-key").setAttribute("aria-pressed", String(!isShown));
        $("show-key").dataset.label = isShown ? "showKey" : "hideKey";
        translate($("form"));
    });
    $("remember").addEventListener("change", keepKey);
    $("try").addEventListener("click", tryMicrophone);
    $("microphone").addEventListener("change", () => {
        if (microphone?.isOpen) openMicrophone($("microphone").value, "setup-notice");
    });
    $("other-microphone").addEventListener("change", async () => {
        if (!(await openMicrophone($("other-microphone").value, "live-notice"))) return;
        tell("live-notice", () => say("microphoneBack"));
    });
    $("dismiss").addEventListener("click", () => {
        run?.command("dismiss");
        card.close();
        $("words").focus({ preventScroll: true });
    });
    $("chat").addEventListener("submit", (event) => {
        event.preventDefault();
        const text = $("line").value.trim();
        if (!text || !run) return;
        run.chat(say("viewer"), text);
        $("line").value = "";
    });
    $("resume").addEventListener("click", () => microphone?.resume());
    $("stop").addEventListener("click", stop);
    $("again").addEventListener("click", again);
    navigator.mediaDevices?.addEventListener?.("devicechange", listMicrophones);
    document.addEventListener("visibilitychange", () => {
        if (document.hidden) return;
        stayAwake();
        if (run) microphone?.resume();
    });
    addEventListener("beforeunload", (event) => {
        if (document.body.dataset.view === "live") event.preventDefault();
    });
    addEventListener("hashchange", takeKey);
}

async function begin() {
    const spoken = SPOKEN.map(([code, name]) => new Option(name, code));
    for (const one of spoken) one.lang = one.value;
    $("language").replaceChildren(new Option("", "auto"), ...spoken);
    $("language").value = Object.hasOwn(LANGUAGES, pageLanguage()) ? pageLanguage() : "auto";
    $("choice-screen").hidden = !navigator.mediaDevices?.getDisplayMedia;
    meter("setup-level");
    meter("live-level");
    takeKey();
    wire();
    speak();
    await listMicrophones();
    try {
        const config = await (await fetch("config.json", { cache: "no-store" })).json();
        address = config.gateway;
        days = config.transcript_days;
    } catch {
        tell("setup-notice", () => say("noGateway"));
    }
    speak();
    document.body.dataset.ready = "true";
}

begin();
