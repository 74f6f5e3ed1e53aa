"""What is fuzzed: each parser with the errors that it may raise, and with what must hold of what it gives."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import sys
import threading
import zipfile
from collections import deque
from dataclasses import dataclass
from io import BytesIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from martlive_desktop.adapters import (
    audio_keep,
    browser_source,
    chat_file,
    component_store,
    habits_file,
    media_file,
    model_store,
    obs,
    obs_link,
    obs_source,
    plan_file,
    remote_control,
    review_note,
    scenes_file,
    screen_obs,
    session_zip,
    store_recovery,
    store_sqlite,
    update_manifest,
    update_source,
    versions,
    video_file,
)
from martlive_desktop.adapters.chat_twitch import TwitchChat
from martlive_desktop.adapters.cloud_client import CloudClient
from martlive_desktop.adapters.language_packs import load_lexicon
from martlive_desktop.adapters.tip_packs import load_templates
from martlive_desktop.core import cloud_stream, events, frames, hotkeys, plan_csv, scenes, wire
from martlive_desktop.core.coach import prose
from martlive_desktop.core.coach.drafting import Drafter, RemoteDrafter
from martlive_desktop.core.coach.grounding import Grounding
from martlive_desktop.core.errors import MartLiveError, PlanInvalid
from martlive_desktop.core.export import FORMATS
from martlive_desktop.core.plan import ShowPlan
from martlive_desktop.core.report_builder import build_report
from martlive_desktop.pipeline.recorder import read_recorded
from martlive_desktop.settings import load_or_set_aside, load_settings, save_settings
from tests.fakes.report_show import busy_show
from tests.fakes.scripted_clock import ScriptedClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from websockets.sync.client import ClientConnection

    Call = Callable[[bytes], None]
    Opened = contextlib.AbstractContextManager[Call]

MOST_BYTES = 8_192
"""Of an input: small ones are tried more often, and no parser here has a limit that matters above it."""

MOST_CHUNKS = 600
"""A minute of sound: what comes after it is read by the same lines."""

MOST_PICTURES = 20
ANSWER_S = 5.0
# Nothing is fuzzed on Windows, where the types have no Unix sockets.
if sys.platform == "win32":
    UNIX = socket.AF_INET
else:
    UNIX = socket.AF_UNIX
SOUND_KEY = bytes(range(32))
SOUND_FILE = "20260101-120000-abc.mlaudio"
HASH = "ab" * 32
MANIFEST = f"""
[[models]]
name = "m"
task = "speech"
licence = "MIT"
[[models.builds]]
files = [{{ path = "a.bin", bytes = 3, sha256 = "{HASH}" }}]
"""


@dataclass(frozen=True, slots=True)
class Target:
    """A parser that is ready for inputs as long as the block that `open` begins; raising what is not documented is a crash."""

    open: Callable[[Path], Opened]
    """Gets an empty folder of its own."""


def _of_file(name: str, read: Callable[[Path], object]) -> Target:
    """One whose bytes lie in a file."""

    @contextlib.contextmanager
    def opened(folder: Path) -> Iterator[Call]:
        path = folder / name

        def call(data: bytes) -> None:
            path.write_bytes(data)
            with contextlib.suppress(MartLiveError):
                read(path)

        yield call

    return Target(opened)


def _of_bytes(take: Callable[[bytes], object]) -> Target:
    @contextlib.contextmanager
    def opened(_folder: Path) -> Iterator[Call]:
        def call(data: bytes) -> None:
            with contextlib.suppress(MartLiveError):
                take(data)

        yield call

    return Target(opened)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _settings(path: Path) -> None:
    data = path.read_bytes()
    _found, why = load_or_set_aside(path)
    for kept in path.parent.glob("*.kept-*"):
        kept.unlink()
    path.write_bytes(data)
    settings = load_settings(path)
    assert not why
    save_settings(settings, path)
    assert load_settings(path) == settings


def _plan(path: Path) -> None:
    plan = plan_file.read_plan(path)
    again = path.with_name("again.toml")
    try:
        plan_file.write_plan(plan, again)
    except PlanInvalid as exc:
        assert "1 MB" in str(exc), exc  # noqa: PT017
    else:
        assert plan_file.read_plan(again, plan.language) == plan


def _plan_csv(path: Path) -> None:
    found = plan_csv.read_products(plan_file.read_table(path))
    assert all(problem.startswith("Line ") and "\n" not in problem for problem in found.problems)
    if found.products:
        plan_file.write_plan(ShowPlan(title="x", products=found.products), path.with_name("products.toml"))


def _chat_file(path: Path) -> None:
    before = 0
    for chat in chat_file.ChatFile(path).read():
        assert before <= chat.at_ms
        before = chat.at_ms
        _is_clean(chat)


def _is_clean(chat: events.Chat) -> None:
    assert 0 < len(chat.user) <= chat_file.USER_LENGTH
    assert 0 < len(chat.text) <= chat_file.TEXT_LENGTH
    assert len(f"{chat.user} {chat.text}".splitlines()) == 1
    f"{chat.user}{chat.text}".encode()


def _events(path: Path) -> None:
    found: list[events.LogEvent] = []
    for line in _text(path.read_bytes()).split("\n"):
        with contextlib.suppress(ValueError):
            found.append(events.from_json(line))
    _reported(found)
    read_recorded(path)


def _reported(found: list[events.LogEvent]) -> None:
    """What becomes of events once they are read: lines again, a report, every export."""
    for event in found:
        assert events.from_json(events.to_json(event)) == event
    told = prose.facts(build_report(found), "en")
    assert prose.template_summary(told)
    for form in FORMATS.values():
        form(found).encode()


def _session_zip(path: Path) -> None:
    data = path.read_bytes()
    if not data.startswith(b"PK"):
        # Whoever packs it anew has the right check sums: the manifest, an empty line, the events.
        manifest, _, lines = data.partition(b"\n\n")
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("manifest.json", manifest)
            file.writestr("events.jsonl", lines)
        path.write_bytes(packed.getvalue())
    session = session_zip.read_zip(path)
    _reported(list(session.events))
    with contextlib.closing(store_sqlite.SqliteStore(path.parent / "shows")) as store:
        assert store.import_session(session) == session.id
        assert store.read(session.id).events == session.events
        store.list_sessions()
        store.delete(session.id)


def _wire(data: bytes) -> None:
    kinds: tuple[Any, ...] = (wire.TipRequest, wire.TipAnswer, wire.AnswerRequest, wire.Answer)
    for kind in kinds:
        with contextlib.suppress(ValueError):
            message = wire.from_bytes(kind, data)
            assert wire.from_bytes(kind, wire.to_bytes(message)) == message
    with contextlib.suppress(frames.FrameInvalid):
        frame = frames.parse(data)
        assert frames.pack(frame) == data


def _cloud_stream(data: bytes) -> None:
    """The client's side of a stream: a line is a message of the service."""
    stream = cloud_stream.CloudStream()
    stream.feed(np.zeros(3 * events.RATE_HZ, np.int16))
    for line in _text(data).split("\n"):
        try:
            told = stream.take(line)
        except cloud_stream.MessageInvalid:
            return
        for one in told:
            if isinstance(one, events.Voice):
                assert one.probabilities
            elif isinstance(one, cloud_stream.Refused):
                assert one.is_retryable in (True, False)
        assert all(len(frame) > frames.HEADER.size for frame in stream.frames_to_send())
    assert stream.waiting_ms <= stream.fed_ms


def _cloud_answers() -> Target:
    """Answers of the remote coach: the first line has the status and when to ask again."""

    @contextlib.contextmanager
    def opened(_folder: Path) -> Iterator[Call]:
        with contextlib.closing(CloudClient("http://127.0.0.1:9", "key")) as client:
            asked = cast("Any", client)

            def call(data: bytes) -> None:
                head, _, body = data.partition(b"\n")
                status, _, retry_after = head.partition(b" ")
                reply = SimpleNamespace(
                    status=int(status) % 600 if status.isdigit() and len(status) < 9 else 400,
                    body=body,
                    headers={"retry-after": _text(retry_after)},
                )
                error = asked._refusal(reply)
                assert isinstance(error, MartLiveError)
                assert str(error).endswith(".")
                with contextlib.suppress(MartLiveError):
                    assert asked._text(asked._object(reply), "id").isascii()

            yield call

    return Target(opened)


def _twitch() -> Target:
    @contextlib.contextmanager
    def opened(_folder: Path) -> Iterator[Call]:
        source = TwitchChat("somebody", ScriptedClock())

        def call(data: bytes) -> None:
            for line in _text(data).splitlines():
                if chat := source._chat(line):
                    _is_clean(chat)

        yield call

    return Target(opened)


def _media(path: Path) -> None:
    source = media_file.MediaFile(path)
    expected = 0
    for number, chunk in enumerate(source.read()):
        if isinstance(chunk, events.AudioChunk):
            assert chunk.start_sample == expected
            expected = chunk.end_sample
        if number > MOST_CHUNKS:
            source.close()


def _video(path: Path) -> None:
    source = video_file.VideoFile(path)
    before = 0
    for number, picture in enumerate(source.read()):
        assert before <= picture.at_ms
        before = picture.at_ms
        if number > MOST_PICTURES:
            source.close()


def _update_manifest(data: bytes) -> None:
    with contextlib.suppress(MartLiveError):
        latest = update_manifest.read_latest(data)
        assert update_manifest.read_latest(update_manifest.write_latest(latest)) == latest
    release = update_manifest.read_release(data, "linux-x86_64", "1.2.3")
    for file in release.files:
        inside = os.path.normpath(f"/tree/{file.path}")
        assert inside.startswith("/tree/")
    again = update_manifest.write_release(release)
    assert update_manifest.read_release(again, "linux-x86_64", "1.2.3") == release


def _update_place(path: Path) -> None:
    (path.parent / "root.json").write_bytes(b"{}")
    assert update_source.read_source(path.parent).url.lower().startswith(("https://", "http://"))


def _models(path: Path) -> None:
    model_store.ModelStore(path.parent / "models", path).list()


def _model_marker(path: Path) -> None:
    folder = path.parent
    manifest = folder / "manifest.toml"
    manifest.write_text(MANIFEST)
    (folder / "m").mkdir(exist_ok=True)
    (folder / "m" / "a.bin").write_bytes(b"abc")
    (state,) = model_store.ModelStore(folder, manifest).list()
    # Whatever a marker says, these are not the bytes of the manifest; it would have to know when they were written.
    assert state.where == "damaged"


def _components(path: Path) -> None:
    store = component_store.ComponentStore(path.parent / "own", path, platform="linux-x86_64")
    for one in store.list():
        assert one.where == "missing"


def _component_state() -> Target:
    @contextlib.contextmanager
    def opened(folder: Path) -> Iterator[Call]:
        store = component_store.ComponentStore(folder, platform="linux-x86_64")
        name = store.list()[0].component.name
        (folder / name).mkdir()

        def call(data: bytes) -> None:
            (folder / name / component_store.STATE).write_bytes(data)
            store.list()
            with contextlib.suppress(MartLiveError):
                store.verify(name)

        yield call

    return Target(opened)


def _versions(path: Path) -> None:
    store = versions.Versions(path.parent)
    state = store.read()
    assert all(versions.parse_version(one) for one in (state.version, state.previous, *state.bad) if one)
    store.begin(counts=True)
    store.take_news()


def _scenes(path: Path) -> None:
    looks = scenes_file.read_scenes(path)
    matcher = scenes.SceneMatcher(looks)
    matcher.match(0, np.full((36, 64, 3), 90, np.uint8))
    for look in looks:
        assert scenes.SceneLook.from_dict(look.to_dict()) == look


def _habits(path: Path) -> None:
    habits = habits_file.read_habits(path)
    habits_file.write_habits(habits.after(habits), path)
    assert habits_file.read_habits(path) == habits.after(habits)


def _review_note(path: Path) -> None:
    note = review_note.read_note(path)
    assert (type(note.fingerprint), type(note.session), type(note.is_whole)) == (str, str, bool)
    review_note.write_note(note, path)
    assert review_note.read_note(path) == note


def _kept_sound(path: Path) -> None:
    with contextlib.suppress(MartLiveError):
        assert audio_keep.sound_length_ms(path, SOUND_KEY) >= 0
    assert audio_keep.read_sound(path, SOUND_KEY, 0, 4_000).startswith(b"OggS")


def _hotkeys(data: bytes) -> None:
    texts = _text(data).split("\n")
    found = hotkeys.clashes({str(number): text for number, text in enumerate(texts)})
    assert len(found) < max(len(texts), 1)
    for text in texts:
        with contextlib.suppress(MartLiveError):
            combination = hotkeys.parse(text)
            assert hotkeys.parse(str(combination)) == combination


class _Obs:
    """A connection on which OBS has said all that it will say; a line that is no message is granted as an answer."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._left = deque(lines)
        self._asked = ""

    def recv(self, timeout: float) -> str:
        from websockets.exceptions import ConnectionClosedOK

        if not self._left:
            raise ConnectionClosedOK(None, None)
        line = self._left.popleft()
        if line.startswith('{"op"'):
            return line.replace("@ID@", self._asked)
        return (
            f'{{"op":7,"d":{{"requestId":"{self._asked}",'
            f'"requestStatus":{{"result":true,"code":100}},"responseData":{line}}}}}'
        )

    def send(self, text: str) -> None:
        self._asked = json.loads(text)["d"].get("requestId", "")


def _obs(data: bytes) -> None:
    """The first line says what OBS is asked for."""
    what, *lines = _text(data).split("\n")
    asked = obs.ObsConnection(cast("ClientConnection", _Obs(lines)), 0.2)
    match what:
        case "state":
            obs_link._read_state(asked)
        case "window":
            obs_source.create_window_source(asked, lambda: np.zeros((4, 4, 4), np.uint8))
        case "browser":
            obs_source.create_browser_source(asked, "http://127.0.0.1/", 4, 4)
        case "picture":
            screen_obs._decoded(str(asked.ask("GetSourceScreenshot").get("imageData")))
        case "events":
            while True:
                asked.next_event(0.0)
        case _:
            asked.identify("secret", 0)
            asked.frames().lost_share_since(obs.Frames())


def _local_socket() -> Target:
    @contextlib.contextmanager
    def opened(folder: Path) -> Iterator[Call]:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        from PySide6.QtWidgets import QApplication

        from martlive_desktop.ui.control_server import ControlServer

        app = QApplication.instance() or QApplication([])
        place = str(folder / "socket")
        server = ControlServer(place, lambda _: {"is_on": False})
        server.listen()

        def call(data: bytes) -> None:
            with socket.socket(UNIX) as client:
                client.connect(place)
                client.setblocking(False)
                answer, left = b"", memoryview(data)
                while True:
                    app.processEvents()
                    readable, writable, _ = select.select([client], [client] if left else [], [], 0.001)
                    with contextlib.suppress(BlockingIOError, BrokenPipeError):
                        if writable:
                            left = left[client.send(left) :]
                            if not left:
                                client.shutdown(socket.SHUT_WR)
                    if readable:
                        try:
                            piece = client.recv(65_536)
                        except ConnectionResetError:
                            break
                        if not piece:
                            break
                        answer += piece
                    if not data:
                        break
            app.processEvents()
            replies = [json.loads(line) for line in answer.splitlines()]
            assert len(replies) <= data.count(b"\n")
            assert all(isinstance(reply["ok"], bool) for reply in replies)

        try:
            yield call
        finally:
            server.close()
            server.deleteLater()
            app.processEvents()

    return Target(opened)


def _remote_control() -> Target:
    """Whatever answers in place of the app."""

    @contextlib.contextmanager
    def opened(folder: Path) -> Iterator[Call]:
        place = str(folder / "socket")
        answers: deque[bytes] = deque()
        with socket.socket(UNIX) as listener:
            listener.bind(place)
            listener.listen()

            def serve() -> None:
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        if not answers:
                            return
                        connection.recv(64)
                        with contextlib.suppress(OSError):
                            connection.sendall(answers.popleft())

            thread = threading.Thread(target=serve)
            thread.start()

            def call(data: bytes) -> None:
                answers.append(data)
                with contextlib.suppress(MartLiveError):
                    assert isinstance(remote_control.send("status", place), dict)

            try:
                yield call
            finally:
                answers.clear()
                with socket.socket(UNIX) as last:
                    last.connect(place)
                thread.join()

    return Target(opened)


def _browser_source() -> Target:
    """A request on the socket; @TOKEN@ and @HOST@ are what they must be."""

    @contextlib.contextmanager
    def opened(folder: Path) -> Iterator[Call]:
        trouble: list[BaseException] = []
        before, threading.excepthook = threading.excepthook, lambda args: trouble.append(cast("Any", args.exc_value))
        source = browser_source.BrowserSource(folder, 0, b"<p>@FRAMES@ @NONCE@</p>")
        token = source.url.rstrip("/").rpartition("/")[2].encode()

        def call(data: bytes) -> None:
            sent = data.replace(b"@TOKEN@", token).replace(b"@HOST@", b"127.0.0.1:%d" % source.port)
            answer = b""
            with (
                socket.create_connection(("127.0.0.1", source.port), ANSWER_S) as client,
                contextlib.suppress(BrokenPipeError, ConnectionResetError),
            ):
                client.sendall(sent)
                client.shutdown(socket.SHUT_WR)
                while not answer.startswith(b"HTTP/1.1 101") and (piece := client.recv(65_536)):
                    answer += piece
            if trouble:
                raise trouble.pop()
            assert not answer or answer.startswith(b"HTTP/1.1 ")
            if b"@TOKEN@" not in data and token not in data:
                assert token not in answer
                assert not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 101"))

        try:
            yield call
        finally:
            source.close()
            threading.excepthook = before

    return Target(opened)


def _model_answers() -> Target:
    @contextlib.contextmanager
    def opened(_folder: Path) -> Iterator[Call]:
        templates, lexicon = load_templates("en"), load_lexicon("en")
        grounding = Grounding.of(lexicon, templates.words)
        span, rephrase = (Drafter(skill, {}, templates, grounding) for skill in ("span", "rephrase"))
        drafters = (span, rephrase, RemoteDrafter(templates, grounding, "en", rephrase))
        cues = (
            events.Cue(1, "price_missing", 0.8, (), (("price", "$12"), ("product", "lamp")), id="c1", severity=1),
            events.Cue(
                1,
                "chat_unanswered",
                0.8,
                (),
                (("viewer", "Rosa"), ("asked", "hello there is the lamp safe for cats and dogs at home?")),
                id="c2",
            ),
        )
        told = prose.facts(build_report(busy_show()), "en")

        def call(data: bytes) -> None:
            answer = _text(data)
            for drafter in drafters:
                for cue in cues:
                    text, why = drafter.judge(cue, answer)
                    assert bool(text) != bool(why)
                    if text:
                        assert not grounding.refusal(text, [value for _, value in cue.slots])
                    assert drafter.source(answer) in ("local", "remote")
            for skill in ("span", "rephrase"):
                summary = prose.judge(told, skill, answer.split("\n"), grounding)
                assert summary is None or (summary and len(summary) <= prose.MOST_LETTERS)

        yield call

    return Target(opened)


def _recovery(path: Path) -> None:
    try:
        found = store_recovery.recover(path)
        assert found.sessions >= 0
        with contextlib.closing(store_sqlite.SqliteStore(path.parent)) as store:
            shows = store.list_sessions()
            assert len(shows) == found.sessions
            for one in shows:
                store.read(one.id)
    finally:
        for left in path.parent.iterdir():
            left.unlink()


TARGETS = {
    "settings": _of_file("settings.toml", _settings),
    "plan": _of_file("plan.toml", _plan),
    "plan_csv": _of_file("products.csv", _plan_csv),
    "chat_file": _of_file("chat.jsonl", _chat_file),
    "events": _of_file("events.jsonl", _events),
    "session_zip": _of_file("show.zip", _session_zip),
    "store_recovery": _of_file("sessions.db", _recovery),
    "wire": _of_bytes(_wire),
    "cloud_stream": _of_bytes(_cloud_stream),
    "cloud_answers": _cloud_answers(),
    "local_socket": _local_socket(),
    "remote_control": _remote_control(),
    "twitch": _twitch(),
    "media": _of_file("recording", _media),
    "video": _of_file("recording", _video),
    "update_manifest": _of_bytes(_update_manifest),
    "update_place": _of_file("source.toml", _update_place),
    "models": _of_file("models.toml", _models),
    "model_marker": _of_file("m.checked.json", _model_marker),
    "components": _of_file("components.toml", _components),
    "component_state": _component_state(),
    "versions": _of_file("current.json", _versions),
    "scenes": _of_file("scenes.json", _scenes),
    "habits": _of_file("habits.json", _habits),
    "review_note": _of_file("review.json", _review_note),
    "kept_sound": _of_file(SOUND_FILE, _kept_sound),
    "hotkeys": _of_bytes(_hotkeys),
    "obs": _of_bytes(_obs),
    "browser_source": _browser_source(),
    "model_answers": _model_answers(),
}
"""By their names."""
