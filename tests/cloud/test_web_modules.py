"""The page's modules by themselves, in Chromium: they do what the programs in Python do."""

from __future__ import annotations

import base64
import json
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from cloud_api.settings import CloudSettings
from cloud_api.web_demo.app import PAGE, build
from martlive_desktop.core.cloud_stream import CloudStream, MessageInvalid, Paced, Ready, Refused
from martlive_desktop.core.events import Transcript, Voice
from tests.cloud.test_web_page import chirps, chirps_file
from tests.cloud.web_browser import Browser, browser
from tests.cloud.web_gateway import FakeGateway, servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

RESAMPLE = """(async (rate, text, step) => {
    const { Resampler } = await import("/resampler.js");
    const sound = new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
    const resampler = new Resampler(rate, 16000);
    const parts = [];
    for (let at = 0; at < sound.length; at += step) parts.push(resampler.push(sound.subarray(at, at + step)));
    parts.push(resampler.flush());
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    let out = "";
    for (const one of bytes) out += String.fromCharCode(one);
    return btoa(out);
})"""

WORKLET = """(async (rate, text) => {
    const sound = new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
    const context = new OfflineAudioContext(1, sound.length, rate);
    await context.audioWorklet.addModule("/worklet.js");
    const node = new AudioWorkletNode(context, "microphone", { numberOfInputs: 1, numberOfOutputs: 1 });
    const pieces = [];
    const done = new Promise((resolve) => node.port.onmessage = ({ data }) => {
        if (data.pcm) pieces.push(data.pcm);
        if (data.finished) resolve();
    });
    node.port.postMessage("start");
    const source = context.createBufferSource();
    source.buffer = context.createBuffer(1, sound.length, rate);
    source.buffer.copyToChannel(sound, 0);
    source.connect(node).connect(context.destination);
    await new Promise((resolve) => setTimeout(resolve, 100));
    source.start();
    await context.startRendering();
    node.port.postMessage("finish");
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 500))]);
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
    let out = "";
    for (const one of bytes) out += String.fromCharCode(one);
    return { sizes: pieces.map((one) => one.length), pcm: btoa(out) };
})"""

STREAM = """(async (script, ring) => {
    const { CloudStream, MessageInvalid } = await import("/stream.js");
    const stream = new CloudStream(ring);
    const base64 = (bytes) => { let out = ""; for (const one of bytes) out += String.fromCharCode(one); return btoa(out); };
    return script.map(([what, value]) => {
        let told = null;
        if (what === "feed") stream.feed(Int16Array.from({ length: value[1] }, (_, i) => (value[0] + i) % 30000));
        if (what === "finish") stream.finish();
        if (what === "disconnected") stream.disconnected();
        if (what === "send") {
            told = [];
            for (let frame; (frame = stream.nextFrame());) told.push(base64(frame));
        }
        if (what === "take") {
            try {
                const message = stream.take(value);
                told = message && [message.type, message.probabilities?.length ?? message.event?.text ?? null];
            } catch (error) {
                if (!(error instanceof MessageInvalid)) throw error;
                told = "invalid";
            }
        }
        return [told, stream.fedMs, stream.waitingMs, stream.resumeToken, stream.isSent, stream.isEnded];
    });
})"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    sound = chirps_file(tmp_path_factory.mktemp("media"))
    with servers(FakeGateway()) as address, browser(sound) as found:
        found.go(address)
        yield found


def resampled(page: Browser, rate_hz: int, sound: NDArray[np.float64], step: int = 128) -> NDArray[np.float64]:
    text = base64.b64encode(sound.astype("<f4").tobytes()).decode()
    answer = page.run(f"{RESAMPLE}({rate_hz}, {text!r}, {step})")
    return np.frombuffer(base64.b64decode(answer), "<f4").astype(np.float64)


def tone(rate_hz: int, hz: float, seconds: float = 0.5) -> NDArray[np.float64]:
    wave: NDArray[np.float64] = 0.5 * np.sin(2 * np.pi * hz * np.arange(int(rate_hz * seconds)) / rate_hz)
    return wave


def level_db(sound: NDArray[np.float64]) -> float:
    """Against a tone at half of full scale; the edges are left out."""
    middle = sound[1_000:-1_000]
    return float(20 * np.log10(np.sqrt(np.mean(middle**2)) / (0.5 / np.sqrt(2)) + 1e-12))


@pytest.mark.parametrize("rate_hz", [16_000, 32_000, 44_100, 48_000, 96_000])
def test_speech_passes_as_it_is_and_nothing_folds_back(page: Browser, rate_hz: int) -> None:
    for hz in (100.0, 1_000.0, 4_000.0, 6_900.0):
        out = resampled(page, rate_hz, tone(rate_hz, hz))
        expected = tone(16_000, hz)
        assert abs(len(out) - len(expected)) <= 1
        assert np.max(np.abs(out[200:-200] - expected[200 : len(out) - 200])) < 2e-4, hz
    for hz in (8_400.0, 9_000.0, 12_000.0, 15_900.0, 19_000.0):
        if hz < rate_hz / 2:
            assert level_db(resampled(page, rate_hz, tone(rate_hz, hz))) < -85, hz


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000])
def test_any_chunking_gives_the_same(page: Browser, rate_hz: int) -> None:
    sound = chirps(rate_hz, 1) if rate_hz > 20_000 else tone(rate_hz, 440.0, 1.0)
    whole = resampled(page, rate_hz, sound, len(sound))
    for step in (1, 128, 441, 5_000):
        assert np.array_equal(resampled(page, rate_hz, sound, step), whole)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_worklet_gives_whole_frames_of_the_resampled_sound(page: Browser, rate_hz: int) -> None:
    sound = chirps(rate_hz, 2)
    text = base64.b64encode(sound.astype("<f4").tobytes()).decode()
    answer = page.run(f"{WORKLET}({rate_hz}, {text!r})")
    assert set(answer["sizes"][:9]) == {3_200}
    pcm = np.frombuffer(base64.b64decode(answer["pcm"]), "<i2").astype(np.float64)
    expected = resampled(page, rate_hz, sound) * 32_768
    assert len(pcm) >= 9 * 3_200
    assert np.max(np.abs(pcm[: 9 * 3_200] - expected[: 9 * 3_200])) <= 0.51


def scripts(seed: int) -> list[tuple[str, Any]]:
    """What may happen to a stream, with what services say and should not say."""
    rng = random.Random(seed)
    script: list[tuple[str, Any]] = []
    fed, utterance, heard_ms = 0, 0, 0
    for _ in range(120):
        match rng.randrange(12):
            case 0 | 1 | 2 | 3:
                size = rng.choice([1, 31, 3_200, 3_200, 6_401, 40_000])
                script.append(("feed", [fed % 30_000, size]))
                fed += size
            case 4 | 5:
                script.append(("send", None))
            case 6:
                start = max(0, fed // 3_200 - rng.randrange(30))
                ready = {"type": "ready", "epoch": 1, "next_seq": start, "next_picture": 0}
                script.append(("take", json.dumps({**ready, "codecs": ["pcm16"], "partial_step_ms": 2_000})))
            case 7:
                through = max(0, fed // 16 - rng.randrange(9_000))
                ack = {"type": "ack", "decoded_through_ms": through, "resume": f"token-{through}"}
                script.append(("take", json.dumps(ack)))
            case 8:
                utterance = max(0, utterance + rng.choice([-1, 0, 1, 1]))
                is_final = rng.random() < 0.5
                event = {"type": "transcript", "at_ms": fed // 16, "final": is_final, "utterance": utterance}
                event |= {"text": f"word {rng.randrange(99)}", "words": [], "emitted_ms": 0}
                script.append(("take", json.dumps({"type": "event", "event": event, "rev": rng.choice([0, 0, 1, 2])})))
            case 9:
                heard_ms = max(32, heard_ms + 32 * rng.choice([-9, 3, 6, 9]))
                script.append(("take", json.dumps({"type": "voice", "at_ms": heard_ms, "probabilities": [0.5] * 6})))
            case 10:
                bad = [
                    "",
                    "[]",
                    "{",
                    '{"type": "ready"}',
                    '{"type": "ack"}',
                    '{"type": "event", "event": 3}',
                    '{"type": "unheard of"}',
                    '{"type": "pace", "partial_step_ms": 4000, "sentence": "Busy."}',
                    '{"type": "error", "problem": {"type": "x", "retryable": true}}',
                    "7" * 300_000,
                ]
                script.append(("take", rng.choice(bad)))
            case _:
                script.append(rng.choice([("disconnected", None), ("disconnected", None), ("finish", None)]))
    return [*script, ("finish", None), ("send", None), ("take", '{"type": "ended"}')]


def in_python(script: list[tuple[str, Any]], ring_ms: int) -> list[list[Any]]:
    """What the desktop's stream makes of it."""
    stream = CloudStream(ring_ms=ring_ms)
    out = []
    for what, value in script:
        told: Any = None
        if what == "feed":
            stream.feed(((value[0] + np.arange(value[1])) % 30_000).astype(np.int16))
        elif what == "finish":
            stream.finish()
        elif what == "disconnected":
            stream.disconnected()
        elif what == "send":
            told = [base64.b64encode(frame).decode() for frame in stream.frames_to_send()]
        else:
            try:
                told = [_short(one) for one in stream.take(value)]
                told = told[0] if told else None
            except MessageInvalid:
                told = "invalid"
        out.append([told, stream.fed_ms, stream.waiting_ms, stream.resume_token, stream.is_sent, stream.is_ended])
    return out


def _short(one: object) -> list[Any]:
    match one:
        case Ready():
            return ["ready", None]
        case Voice():
            return ["voice", len(one.probabilities)]
        case Transcript():
            return ["event", one.text]
        case Paced():
            return ["pace", None]
        case Refused():
            return ["error", None]
    return ["ended", None]


@pytest.mark.parametrize("ring_ms", [60_000, 3_000])
def test_stream_does_what_the_desktops_does(page: Browser, ring_ms: int) -> None:
    for seed in range(40):
        script = scripts(seed)
        theirs = page.run(f"{STREAM}({json.dumps(script)}, {ring_ms})")
        ours = in_python(script, ring_ms)
        for number, (step, mine, its) in enumerate(zip(script, ours, theirs, strict=True)):
            if step[0] == "send" and mine[0] != its[0]:
                # A place before the kept sound: the desktop sends what it has, the page begins a new session.
                assert its[0] == [], (seed, number)
                assert ring_ms == 3_000 or mine[0]
                break
            assert mine == its, (seed, number, str(step)[:200])


def test_every_file_has_its_type_and_is_asked_for_once() -> None:
    with TestClient(build(CloudSettings(public_url="https://coach.example"))) as web:
        first = web.get("/")
        assert first.headers["content-type"] == "text/html; charset=utf-8"
        assert first.text == (PAGE / "index.html").read_text(encoding="utf-8")
        for file in PAGE.iterdir():
            answer = web.get(f"/{file.name}")
            expected = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
            assert answer.headers["content-type"].startswith(expected[file.suffix])
            assert answer.content == file.read_bytes()
            again = web.get(f"/{file.name}", headers={"If-None-Match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            assert web.head(f"/{file.name}").status_code == 200
        assert web.get("/fonts/inter-medium.woff2").headers["content-type"] == "font/woff2"
        assert web.get("/readyz").status_code == 200


@pytest.mark.parametrize("path", ["/app.py", "/%2e%2e/app.py", "/page/", "/fonts/", "/.well-known", "//etc/passwd"])
def test_nothing_else_is_served_and_it_is_guarded_too(path: str) -> None:
    with TestClient(build(CloudSettings())) as web:
        answer = web.get("http://testserver" + path)
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:martlive:problem:not-found"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert web.post("/").status_code == 405


def test_page_may_talk_only_with_itself_and_the_gateway() -> None:
    with TestClient(build(CloudSettings(public_url="https://coach.example:444/"))) as web:
        headers = web.get("/").headers
        rules = dict(rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";"))
        assert rules["connect-src"] == "'self' https://coach.example:444 wss://coach.example:444"
        assert (rules["default-src"], rules["script-src"], rules["style-src"]) == ("'none'", "'self'", "'self'")
        assert rules["frame-ancestors"] == "'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert "microphone=(self)" in headers["permissions-policy"]
        assert "geolocation=()" in headers["permissions-policy"]
        assert web.get("/config.json").json() == {"gateway": "https://coach.example:444", "transcript_days": 30}
        report = web.get("/report.html").headers["content-security-policy"]
        assert report.startswith("sandbox allow-scripts")
        assert "allow-same-origin" not in report
        assert "connect-src" not in report
