"""The first inputs of each target, out of what the program and its resources write."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import tempfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import numpy as np

from martlive_desktop.adapters import audio_keep, habits_file, review_note, scenes_file, session_zip
from martlive_desktop.adapters.resource_files import manifest_path, resource_path
from martlive_desktop.adapters.store_file import MIGRATIONS
from martlive_desktop.adapters.store_sqlite import SessionSummary
from martlive_desktop.adapters.update_manifest import Latest, Release, ReleaseFile, write_latest, write_release
from martlive_desktop.core import events, frames, wire
from martlive_desktop.core.habits import Habits
from martlive_desktop.core.scenes import learn
from martlive_desktop.settings import Settings, save_settings
from tests.fakes.report_show import busy_show
from tests.fuzz.targets import HASH, SOUND_FILE, SOUND_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.audio.stream import AudioStream

SUMMARY = SessionSummary(
    "20260101-120000-abc", "2026-01-01T12:00:00Z", "A show", "selling", "demo", 60_000, 2, is_cut_off=False, tags=("a",)
)
LIVE = '{"op":5,"d":{"eventType":"CurrentProgramSceneChanged"}}'


def _written(write: Callable[[Path], object], name: str = "file") -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        write(path)
        return path.read_bytes()


def _settings() -> Iterator[bytes]:
    plain = Settings()
    yield _written(lambda path: save_settings(plain, path))
    changed = replace(plain.coach.policy, off_kinds=frozenset({"dead_air"}), gap_ms=9_000)
    full = plain.model_copy(
        update={
            "coach": plain.coach.model_copy(update={"policy": changed, "do_not_say": frozenset({"cheap"})}),
            "screen": plain.screen.model_copy(update={"source": "region", "region": (0, 0, 640, 360)}),
            "remote": plain.remote.model_copy(update={"url": "https://coach.example.com", "coach": True}),
            "downloads": plain.downloads.model_copy(update={"mirror": "https://models.example.com/x"}),
            "overlay": plain.overlay.model_copy(update={"x": 4, "places": {"DP-1": (3, 4)}, "opacity": 0.5}),
        }
    )
    yield _written(lambda path: save_settings(full, path))


def _show() -> list[events.LogEvent]:
    """One event of each kind, and some talk."""
    of_kind: dict[tuple[str, str], events.LogEvent] = {}
    for event in busy_show():
        detail = getattr(event, "what", "") or getattr(event, "state", "") or getattr(event, "name", "")
        of_kind.setdefault((event.type, str(detail)), event)
    return sorted(of_kind.values(), key=lambda event: event.at_ms)


def _lines() -> list[str]:
    return [events.to_json(event) for event in _show()]


def _events() -> Iterator[bytes]:
    yield "\n".join(_lines()).encode()
    yield from (line.encode() for line in _lines())


def _session_zip() -> Iterator[bytes]:
    lines = _lines()[:12]
    yield _written(lambda path: session_zip.write_zip(path, SUMMARY, lines[:3]))
    manifest = {"format": 1, "id": SUMMARY.id, "title": "A", "started_at": SUMMARY.started_at, "tags": [], "notes": ""}
    yield f"{json.dumps(manifest)}\n\n{chr(10).join(lines)}".encode()


def _store_recovery() -> Iterator[bytes]:
    def write(path: Path) -> None:
        with contextlib.closing(sqlite3.connect(path)) as db, db:
            db.execute("PRAGMA page_size = 512")
            for statement in MIGRATIONS[0]:
                assert isinstance(statement, str)
                db.execute(statement)
            db.execute(
                "INSERT INTO sessions VALUES (1, '20260101-120000-abc', '2026-01-01T12:00:00Z', 'A', 'talk', 'demo', 9, 0, 1)"
            )
            rows = [(1, seq, line) for seq, line in enumerate(_lines()[:8])]
            db.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)

    yield _written(write)


def _wire() -> Iterator[bytes]:
    request = wire.TipRequest("c1", "price_missing", 1, ("$12",), ("Say it",), "en", 1_500)
    yield wire.to_bytes(request)
    yield wire.to_bytes(wire.TipAnswer("c1", "Say $12", "remote"))
    yield wire.to_bytes(wire.AnswerRequest("How big?", ("8 ml",), "en", 1_500))
    yield wire.to_bytes(wire.Answer("8 ml", "remote", grounded=True))
    yield frames.pack(frames.Frame(frames.FrameKind.PCM16, 3, 600, bytes(64)))
    yield frames.pack(frames.Frame(frames.FrameKind.JPEG, 3, 600, b"\xff\xd8\xff"))


def _cloud_stream() -> Iterator[bytes]:
    word = events.Word("hello", 100, 400, 0.9)
    said = events.Transcript(900, is_final=True, utterance=0, text="hello", words=(word,))
    told = [
        {"type": "ready", "next_seq": 0, "epoch": 1},
        {"type": "voice", "at_ms": 960, "probabilities": [0.1, 0.9]},
        {"type": "event", "rev": 0, "event": json.loads(events.to_json(said))},
        {"type": "event", "rev": 0, "event": json.loads(_lines()[0])},
        {"type": "ack", "resume": "x", "decoded_through_ms": 800},
        {"type": "pace", "partial_step_ms": 2_000, "sentence": "Busy."},
        {"type": "ended"},
    ]
    yield "\n".join(map(json.dumps, told)).encode()
    yield json.dumps({"type": "error", "problem": {"type": "urn:x:at-capacity", "retryable": True}}).encode()


def _cloud_answers() -> Iterator[bytes]:
    yield b'429 30\n{"type":"urn:x:rate-limited","retryable":true,"retry_after_ms":2000}'
    yield b'200 \n{"id":"s1","ticket":"t1"}'
    yield b'404 \n{"type":"not-found"}'


def _recording(form: str, codec: str, *, has_picture: bool = False) -> bytes:
    out = BytesIO()
    with av.open(out, "w", format=form) as box:
        rate_hz = 48_000 if codec == "libopus" else 16_000
        sound = cast("AudioStream", box.add_stream(codec, rate=rate_hz))
        sound.layout = "mono"
        picture = box.add_stream("mpeg4", rate=5) if has_picture else None
        if picture is not None:
            picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
            for number in range(8):
                shade = np.full((48, 64, 3), number * 20, np.uint8)
                box.mux(picture.encode(av.VideoFrame.from_ndarray(shade, format="bgr24")))
        resampler = av.AudioResampler(sound.format, "mono", rate_hz, sound.frame_size or 1_024)
        frame = av.AudioFrame.from_ndarray(np.arange(4_000, dtype=np.int16)[np.newaxis], "s16", "mono")
        frame.sample_rate = rate_hz
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            box.mux(sound.encode(part))
        box.mux(sound.encode(None))
        if picture is not None:
            box.mux(picture.encode(None))
    return out.getvalue()


def _media() -> Iterator[bytes]:
    yield _recording("wav", "pcm_s16le")[:2_000]
    yield _recording("flac", "flac")
    yield _recording("ogg", "libopus")
    yield _recording("mp3", "libmp3lame")
    yield _recording("matroska", "libopus", has_picture=True)
    yield _recording("mp4", "aac", has_picture=True)


def _video() -> Iterator[bytes]:
    yield _recording("matroska", "libopus", has_picture=True)
    yield _recording("mp4", "aac", has_picture=True)
    yield _recording("avi", "pcm_s16le", has_picture=True)[:6_000]


def _update_manifest() -> Iterator[bytes]:
    yield write_latest(Latest("1.2.3", "1.0.0", "New."))
    files = (
        ReleaseFile("martlive", 0o755, 4, HASH, 4, HASH),
        ReleaseFile("lib/a.so.1", 0o644, 4, HASH, 4, HASH),
        ReleaseFile("lib/a.so", link="a.so.1"),
        ReleaseFile("lib/b", link="../lib/a.so"),
    )
    yield write_release(Release("linux-x86_64", "1.2.3", files))


def _models() -> Iterator[bytes]:
    text = manifest_path().read_text()
    yield "[[models]]".join(text.split("[[models]]")[:2]).encode()


def _components() -> Iterator[bytes]:
    text = resource_path("components.toml").read_text()
    yield "[[components]]".join(text.split("[[components]]")[:2]).encode()


def _component_state() -> Iterator[bytes]:
    yield json.dumps({"archives": {"a.whl": HASH}, "files": {"lib/a.so": [4, HASH]}}).encode()


def _versions() -> Iterator[bytes]:
    state = {"version": "1.3.0", "state": "trying", "starts": 1, "previous": "1.2.0", "bad": ["1.2.9"], "news": "New."}
    yield json.dumps(state).encode()
    yield json.dumps(state | {"state": "good"}).encode()


def _scenes() -> Iterator[bytes]:
    ramp = np.tile(np.arange(64, dtype=np.uint8)[np.newaxis, :, np.newaxis] * 4, (36, 1, 3))
    looks = [learn("starting", [ramp]), learn("break", [ramp, ramp[:, ::-1]])]
    yield _written(lambda path: scenes_file.write_scenes(looks[:1], path))
    yield _written(lambda path: scenes_file.write_scenes(looks, path))


def _kept_sound() -> Iterator[bytes]:
    def write(path: Path) -> None:
        tape = audio_keep._Tape(path, SOUND_KEY)
        with contextlib.closing(tape):
            for slot in (0, 40, 90):
                tape.write(slot, [b"\xf8\xff\xfe"] * 4)

    yield _written(write, SOUND_FILE)


def _obs() -> Iterator[bytes]:
    kinds = '{"inputKinds":["xcomposite_input","browser_source"]}'
    there = '{"inputs":[{"inputName":"MartLive","inputKind":"x","unversionedInputKind":"pulse_input_capture"}]}'
    hello = '{"op":0,"d":{"rpcVersion":1,"authentication":{"salt":"a","challenge":"b"}}}\n{"op":2,"d":{}}'
    stats = '{"renderTotalFrames":1,"renderSkippedFrames":0,"outputTotalFrames":1,"outputSkippedFrames":0}'
    scene, canvas = '{"currentProgramSceneName":"Live"}', '{"baseWidth":1280,"baseHeight":720}'
    items = '{"sceneItems":[{"sceneItemId":1}]}'
    window = '{"propertyItems":[{"itemName":"MartLive Overlay","itemEnabled":true,"itemValue":"1"}]}'
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    picture = f'{{"imageData":"data:image/png;base64,{pixel}"}}'
    refused = '{"op":7,"d":{"requestId":"@ID@","requestStatus":{"result":false,"code":600}}}'
    version, mic = '{"obsVersion":"31.0.0"}', '{"mic1":"Mic"}'
    active, muted = '{"videoActive":true}', '{"inputMuted":true}'
    for lines in (
        ("", hello, stats),
        ("state", version, '{"outputActive":true}', "{}", scene, mic, there, active, muted, active, muted),
        ("events", LIVE, LIVE),
        ("browser", scene, kinds, '{"inputs":[]}', '{"sceneItemId":1}', canvas, "{}", items, "{}", picture),
        (
            "window",
            kinds,
            scene,
            '{"inputs":[]}',
            '{"sceneItemId":1}',
            canvas,
            "{}",
            items,
            "{}",
            window,
            "{}",
            picture,
        ),
        ("window", kinds, scene, there, "{}", refused, '{"sceneItemId":1}', canvas, "{}", items, "{}", refused),
        ("picture", picture),
    ):
        yield "\n".join(lines).encode()


def _browser_source() -> Iterator[bytes]:
    yield b"GET /@TOKEN@/ HTTP/1.1\r\nHost: @HOST@\r\n\r\n"
    yield b"GET /wrong/ HTTP/1.1\r\nHost: @HOST@\r\n\r\n"
    yield (
        b"GET /@TOKEN@/frames HTTP/1.1\r\nHost: @HOST@\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://@HOST@\r\n\r\n"
    )


def _model_answers() -> Iterator[bytes]:
    yield b'{"tip": "Say the price: $12"}'
    yield b'{"span": "the lamp safe for cats and dogs at home"}'
    yield b'{"opening": "", "facts": "1 2"}'
    yield b'{"sentence": "You said the price."}'
    yield wire.to_bytes(wire.TipAnswer("c1", "Say the price: $12", "remote"))


SEEDS: dict[str, Callable[[], Iterator[bytes]]] = {
    "settings": _settings,
    "plan": lambda: (path.read_bytes() for path in resource_path("plans").glob("*.toml")),
    "plan_csv": lambda: iter(
        (
            b"name,price,minutes,facts\nLamp,$19.90,5,warm|dim\n",
            '\ufeffTitel;Preis\r\n"Vase; rot";1.299,00 €\r\n'.encode(),
            "sep=\t\n名称\t价格\n灯\t¥12\n".encode("utf-16"),
        )
    ),
    "chat_file": lambda: iter((b"\n".join(resource_path("demo/chat.jsonl").read_bytes().split(b"\n")[:6]),)),
    "events": _events,
    "session_zip": _session_zip,
    "store_recovery": _store_recovery,
    "wire": _wire,
    "cloud_stream": _cloud_stream,
    "cloud_answers": _cloud_answers,
    "local_socket": lambda: iter((b"status\n", b"toggle\nhide\nnonsense\n", b"x" * 300, b"status\nsho")),
    "remote_control": lambda: iter((b'{"ok": true, "is_on": false}\n', b"[]\n", b"")),
    "twitch": lambda: iter(
        (
            b"@badges=;display-name=Rosa;mod=0 :rosa!rosa@rosa.tmi.twitch.tv PRIVMSG #somebody :hello\r\n",
            b":tom!tom@tom.tmi.twitch.tv PRIVMSG #somebody :\x01ACTION waves\x01\r\nPING :tmi.twitch.tv\r\n",
        )
    ),
    "media": _media,
    "video": _video,
    "update_manifest": _update_manifest,
    "update_place": lambda: iter((b'url = "https://updates.example.com/martlive"\n', b'url = ""\n')),
    "models": _models,
    "model_marker": lambda: iter((json.dumps({"/x/a.bin": [3, 1, HASH]}).encode(),)),
    "components": _components,
    "component_state": _component_state,
    "versions": _versions,
    "scenes": _scenes,
    "habits": lambda: iter((_written(lambda path: habits_file.write_habits(Habits(140.0, -20.0, 3.0), path)),)),
    "review_note": lambda: iter(
        (_written(lambda path: review_note.write_note(review_note.ReviewNote("f", SUMMARY.id, is_whole=True), path)),)
    ),
    "kept_sound": _kept_sound,
    "hotkeys": lambda: iter((b"ctrl+alt+m\nctrl+alt+m\nf9\nshift+a\n Super + Space",)),
    "obs": _obs,
    "browser_source": _browser_source,
    "model_answers": _model_answers,
}
"""By the target's name."""
