"""A whole spoken show, watched from outside: whom it talks to, who can read what it writes, and where its words end up."""

from __future__ import annotations

import faulthandler
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest
from PIL import Image, ImageDraw, ImageFont
from Xlib import X
from Xlib.display import Display

from martlive_desktop.adapters.resource_files import resource_path
from martlive_desktop.adapters.store_sqlite import SqliteStore
from martlive_desktop.core.events import Chat, LogEvent, Tip, Transcript
from tests.desktop.pulse import running_pulse
from tests.desktop.test_live_app import PROGRAM, ROOT, RunningApp, running_app
from tests.desktop.traced import STRACE, families, read_trace
from tests.desktop.voice import speak
from tests.desktop.xvfb import virtual_screen

pytestmark = [pytest.mark.real, pytest.mark.timeout(420)]

TALK = (
    "Hello everybody, and welcome to my little table.",
    "Tonight I have a blue lantern with me, and it is made of glass and wood.",
    "The handle is leather, and it feels very soft in the hand.",
    "It stands on my window every evening, and the neighbours like it too.",
    "If the checkout is slow, just send me the money on Venmo.",
    "I will write your name on the box, and we go on with the next one.",
)
CHAT = ("rosa_q: does the marmalade glow", "timo_x: where is the kiosk", "ines_v: such a pretty pumpkin")
PLAN = """title = "Quetzal evening"
sponsor = "Wobblethorpe"
sponsored = true
[[products]]
name = "Moonquartz lantern"
price = 14.99
facts = ["made by grandmother Philomena"]
do_not_say = ["flimflammery"]
"""
SETTINGS = """
[screen]
source = "monitor"
[chat]
region = [0.0, 0.3, 0.5, 0.6]
[coach]
do_not_say = ["zanzibarish"]
[stream]
browser_source = true
browser_port = {port}
"""

SPOKEN = ("lantern", "leather", "neighbours", "neighbors", "venmo")
TYPED = ("marmalade", "kiosk", "pumpkin", "rosa_q", "rosaq", "timo_x", "ines_v")
PLANNED = ("quetzal", "wobblethorpe", "moonquartz", "philomena", "flimflammery", "zanzibarish")

NOBODY = 65_534
SYSTEM_PYTHON = "/usr/bin/python3"
"""One that every user may run."""

CONNECT = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
OPEN = """
import os, sys
for path in sys.argv[1:]:
    try:
        os.listdir(path) if os.path.isdir(path) else open(path, "rb").read()
    except PermissionError:
        continue
    print(path)
"""


class TracedApp(RunningApp):
    """`martlive` under strace, with a umask that would let everybody read what it writes."""

    def __init__(self, trace: Path, environment: dict[str, str], *options: str) -> None:
        self.environment = environment = _at_home(environment)
        with trace.with_suffix(".stderr").open("wb") as said:
            self.process = subprocess.Popen(
                [*STRACE, str(trace), *PROGRAM, *options],
                cwd=ROOT,
                env=environment,
                stdout=said,
                stderr=said,
                umask=0,
            )

    def traced(self, trace: Path, *command: str) -> str:
        """What a command of its own says, with its own record."""
        done = subprocess.run(
            [*STRACE, str(trace), *PROGRAM, *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.stdout + done.stderr

    def abort(self) -> None:
        """Have the app end as a crash does, and wait until all that it started is gone."""
        [app] = psutil.Process(self.process.pid).children()
        app.send_signal(signal.SIGABRT)
        self.process.wait(60)

    def end(self) -> None:
        """Leave nothing running, whatever happened."""
        if self.process.poll() is None:
            for one in psutil.Process(self.process.pid).children(recursive=True):
                one.kill()
            self.process.wait(30)


@dataclass(frozen=True, slots=True)
class Modes:
    """What lay there at one moment."""

    loose: tuple[str, ...]
    """What anybody but the user could read, write or look into."""
    count: int


@dataclass(frozen=True, slots=True)
class Watched:
    """All that is known of the show."""

    events: tuple[LogEvent, ...]
    traces: dict[str, Path]
    texts: dict[str, bytes]
    """What it wrote outside of the store of shows, and what its commands said, by name."""
    modes: dict[str, Modes]
    """While it ran, and after it crashed."""
    refused: dict[str, int]
    """Exit codes or statuses of those who are to be refused, and of those who are not."""
    opened_by_nobody: tuple[str, ...] | None
    """What another user could open; None: only root can try."""


@pytest.fixture(scope="module")
def show() -> Iterator[Watched]:
    # It takes longer than what is usual, and is set up before the fixture that allows that.
    faulthandler.cancel_dump_traceback_later()
    with tempfile.TemporaryDirectory(prefix="privacy-") as name, running_pulse() as pulse, virtual_screen() as screen:
        folder, home = Path(name), Path(pulse.env["HOME"])
        # Nothing but the modes of the app's own files keeps others out.
        folder.chmod(0o755)
        home.chmod(0o755)
        (folder / "plan.toml").write_text(PLAN)
        (folder / "settings.toml").write_text(SETTINGS.format(port=_free_port()))
        (folder / "tmp").mkdir(mode=0o755)
        wav = speak(TALK, folder / "talk.wav")
        ours = {*folder.rglob("*"), *home.rglob("*"), folder, home}
        with tempfile.TemporaryDirectory() as records, closing(Display(screen.name)) as display:
            traces = {one: Path(records) / one for one in ("app", "bundle", "doctor")}
            sound = {**pulse.env, "TMPDIR": str(folder / "tmp")}
            start = partial(TracedApp, traces["app"])
            options = ("--verbose", "--plan", str(folder / "plan.toml"))
            with running_app(screen, sound, folder, *options, start=start) as app:
                assert isinstance(app, TracedApp)
                try:
                    app.wait_until_listening()
                    with _chat_on_screen(display), pulse.speak(wav) as player:
                        player.wait(120)
                        while not _is_heard(events := _events(folder)):
                            assert app.process.poll() is None
                    refused = _knocks(folder, home)
                    opened = _opened_by_nobody(folder, home, ours)
                    said = {
                        "doctor --json": app.traced(traces["doctor"], "doctor", "--json"),
                        "doctor --bundle": app.traced(
                            traces["bundle"], "--verbose", "doctor", "--bundle", str(folder / "live.zip")
                        ),
                        "status": app.ask("status", "--json").stdout if app.process.poll() is None else "",
                    }
                    modes = {"live": _modes((folder, home), ours)}
                    app.abort()
                finally:
                    app.end()
                said["after the crash"] = app.ask("doctor", "--bundle", str(folder / "crashed.zip")).stdout
                modes["crashed"] = _modes((folder, home), ours)
            texts = {**_texts((folder, home), ours), **{name: text.encode() for name, text in said.items()}}
            texts["stderr"] = traces["app"].with_suffix(".stderr").read_bytes()
            del texts["status"]
            yield Watched(tuple(events), traces, texts, modes, refused, opened)


@contextmanager
def _chat_on_screen(display: Display) -> Iterator[None]:
    """A chat in the left half of the screen, written anew line by line."""
    window = display.screen().root.create_window(
        0, 200, 640, 460, 0, display.screen().root_depth, background_pixel=0xFFFFFF, override_redirect=True
    )
    window.map()
    picture = Image.new("RGB", (640, 460), "white")
    font = ImageFont.truetype(str(resource_path("fonts") / "Inter-Medium.otf"), 26)
    for number, line in enumerate(CHAT):
        ImageDraw.Draw(picture).text((24, 60 + 60 * number), line, "black", font)
    pixels = window.create_pixmap(640, 460, display.screen().root_depth)
    pixels.put_pil_image(window.create_gc(), 0, 0, picture)
    window.change_attributes(background_pixmap=pixels)
    window.clear_area(0, 0, 640, 460)
    window.configure(stack_mode=X.Above)
    display.sync()
    try:
        yield
    finally:
        window.destroy()
        display.sync()


def _events(folder: Path) -> list[LogEvent]:
    with closing(SqliteStore(folder / "data/sessions")) as store:
        [session] = store.list_sessions()
        return list(store.events(session.id))


def _at_home(environment: dict[str, str]) -> dict[str, str]:
    """`environment` without what makes libraries silent that would talk: our own word to them, and that they run in a test."""
    told = ("CI", "GITHUB_", "TF_BUILD", "JENKINS_", "BUILD_", "ORT_")
    return {name: value for name, value in environment.items() if not name.startswith(told)}


def _is_heard(events: list[LogEvent]) -> bool:
    finals = [one.text.lower() for one in events if isinstance(one, Transcript) and one.is_final]
    lines = [one.text.lower() for one in events if isinstance(one, Chat)]
    return (
        any("venmo" in text for text in finals)
        and any("marmalade" in text for text in lines)
        and any(isinstance(one, Tip) for one in events)
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _knocks(folder: Path, home: Path) -> dict[str, int]:
    """What those get who knock at the browser source and the local socket."""
    token = (folder / "data/browser-source.token").read_text()
    port = next(
        line.split("=")[1].strip() for line in (folder / "settings.toml").read_text().splitlines() if "port" in line
    )
    page = f"http://127.0.0.1:{port}"
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    tries = {
        "the page": (f"/{token}/", {}),
        "wrong token": (f"/{'x' * len(token)}/", {}),
        "no token": ("/", {}),
        "rebound name": (f"/{token}/", {"Host": f"evil.example:{port}"}),
        "other origin": (f"/{token}/frames", {**upgrade, "Origin": "https://evil.example"}),
        "wrong token's frames": (f"/{'x' * len(token)}/frames", upgrade),
    }
    with httpx.Client(base_url=page, trust_env=False) as client:
        found = {name: client.get(path, headers=headers).status_code for name, (path, headers) in tries.items()}
    control = str(home / f"martlive-{os.getuid()}")
    found["socket, its user"] = subprocess.run([SYSTEM_PYTHON, "-c", CONNECT, control], check=False).returncode
    if os.getuid() == 0:
        done = _as_nobody(CONNECT, control)
        assert "PermissionError" in done.stderr or done.returncode == 0
        found["socket, another user"] = done.returncode
    return found


def _as_nobody(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SYSTEM_PYTHON, "-c", *command],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )


def _opened_by_nobody(folder: Path, home: Path, ours: set[Path]) -> tuple[str, ...] | None:
    if os.getuid() != 0:
        return None
    made = [str(path) for top in (folder, home) for path in top.rglob("*") if path not in ours and not path.is_socket()]
    assert len(made) > 5
    done = _as_nobody(OPEN, str(folder / "plan.toml"), *made)
    done.check_returncode()
    return tuple(Path(line).name for line in done.stdout.splitlines())


def _modes(tops: tuple[Path, ...], ours: set[Path]) -> Modes:
    made = [path for top in tops for path in top.rglob("*") if path not in ours and not path.is_symlink()]
    return Modes(
        tuple(f"{path} {stat.S_IMODE(path.stat().st_mode):o}" for path in made if path.stat().st_mode & 0o077),
        len(made),
    )


def _texts(tops: tuple[Path, ...], ours: set[Path]) -> dict[str, bytes]:
    """Every file but the test's own and the two that are meant to hold the user's words; zips unpacked."""
    found = {}
    for path in (path for top in tops for path in top.rglob("*") if path.is_file() and path not in ours):
        # What was fetched or copied is as its makers made it: a vocabulary has all words.
        if {"sessions", "models"} & set(path.parts) or path.name == "habits.json":
            continue
        found[path.name] = path.read_bytes()
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as file:
                found.update({f"{path.name}/{name}": file.read(name) for name in file.namelist()})
    return found


def test_show_was_heard_read_and_coached(show: Watched) -> None:
    """Without it the tests below would find nothing in an app that did nothing."""
    finals = " ".join(one.text.lower() for one in show.events if isinstance(one, Transcript) and one.is_final)
    assert [word for word in ("lantern", "leather", "venmo") if word not in finals] == []
    assert "marmalade" in " ".join(one.text.lower() for one in show.events if isinstance(one, Chat))
    assert any(isinstance(one, Tip) for one in show.events)
    assert {"live.zip/shows.json", "crashed.zip/crash.txt", "stderr", "doctor --json", "browser-source.token"} <= set(
        show.texts
    )
    assert json.loads(show.texts["crashed.zip/shows.json"])["newest"][0]["events"]["transcript"] >= 4
    assert b"Fatal Python error: Aborted" in show.texts["crashed.zip/crash.txt"]


@pytest.mark.parametrize("which", ["app", "doctor", "bundle"])
def test_nothing_leaves_the_computer(show: Watched, which: str) -> None:
    seen = read_trace(show.traces[which])
    assert seen.outside == ()
    assert seen.calls > 5
    assert "AF_UNIX" in set(families(show.traces[which]))


def test_record_has_what_the_app_said_over_loopback(show: Watched) -> None:
    """The browser source listened and answered: that is in the record, so anything else would be."""
    assert read_trace(show.traces["app"]).loopback >= 2


@pytest.mark.parametrize(
    ("program", "line"),
    [
        ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 9))", "connect"),
        ("socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).connect(('2001:db8::1', 9))", "connect"),
        ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.53', 53))", "connect"),
        ("socket.socket(socket.AF_INET, socket.SOCK_STREAM).bind(('0.0.0.0', 0))", "bind"),
        ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))", "sendto"),
        ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.1', 9))", "sendmsg"),
        ("socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)", "socket"),
    ],
    ids=["connect", "connect over IPv6", "names of this computer's resolver", "bind", "sendto", "sendmsg", "family"],
)
def test_way_out_is_found_also_in_a_grandchild(tmp_path: Path, program: str, line: str) -> None:
    """A network of its own, with nothing in it but loopback: what is tried here goes nowhere."""
    inner = f"import socket\ntry:\n    {program}\nexcept OSError:\n    pass"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}], check=True)"
    command = [*STRACE, str(tmp_path / "trace"), sys.executable, "-c", outer]
    if os.getuid() == 0 and shutil.which("unshare"):
        command = ["unshare", "--net", *command]
    subprocess.run(command, check=True, timeout=60)
    seen = read_trace(tmp_path / "trace")
    assert len(seen.outside) == 1
    assert line in seen.outside[0]


def test_loopback_and_unix_sockets_are_no_way_out(tmp_path: Path) -> None:
    program = (
        "import socket\n"
        "a = socket.create_server(('127.0.0.1', 0)); b = socket.create_connection(a.getsockname()); a.accept()\n"
        "socket.socketpair(); socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).connect(('::1', 9))"
    )
    subprocess.run([*STRACE, str(tmp_path / "trace"), sys.executable, "-c", program], check=True, timeout=60)
    seen = read_trace(tmp_path / "trace")
    assert seen.outside == ()
    assert seen.loopback >= 3


def test_library_that_would_tell_its_makers_has_nothing_to_tell(tmp_path: Path) -> None:
    """ONNX Runtime keeps what it will send, and a number for this computer, in the user's cache."""
    program = "from martlive_desktop.inference.vad import SileroVad; SileroVad()"
    kept = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=_at_home(dict(os.environ)) | kept, check=True, timeout=60
    )
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("when", ["live", "crashed"])
def test_what_the_app_writes_is_for_its_user_only(show: Watched, when: str) -> None:
    """Under a umask of 000."""
    assert show.modes[when].loose == ()
    assert show.modes[when].count > 5


def test_other_user_opens_nothing(show: Watched) -> None:
    if show.opened_by_nobody is None:
        pytest.skip("only root can try as another user")
    # The test's own file, which anybody may read, shows that the other user gets that far.
    assert show.opened_by_nobody == ("plan.toml",)


def test_strangers_are_refused(show: Watched) -> None:
    assert show.refused == {
        "the page": 200,
        "wrong token": 404,
        "no token": 404,
        "rebound name": 403,
        "other origin": 403,
        "wrong token's frames": 404,
        "socket, its user": 0,
        **({"socket, another user": 1} if os.getuid() == 0 else {}),
    }


def test_no_word_of_the_show_is_anywhere_but_in_its_store(show: Watched) -> None:
    finals = [one.text.lower().split() for one in show.events if isinstance(one, Transcript) and one.is_final]
    heard = {" ".join(words[i : i + 3]) for words in finals for i in range(len(words) - 2)}
    tips = {one.text.lower() for one in show.events if isinstance(one, Tip)}
    assert len(heard) > 20
    wanted = {*SPOKEN, *TYPED, *PLANNED, *heard, *tips}
    found = {(name, words) for name, text in show.texts.items() for words in wanted if words.encode() in text.lower()}
    assert found == set()


@pytest.mark.parametrize("umask", [0o022, 0o000], ids=["022", "000"])
def test_command_writes_for_its_user_only_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    environment = os.environ | {"MARTLIVE_DATA": str(tmp_path / "data"), "MARTLIVE_SETTINGS": str(tmp_path / "s.toml")}
    command = [*PROGRAM, "demo", "--headless"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, umask=umask, stdout=subprocess.PIPE) as demo:
        assert demo.stdout is not None
        # It has begun to keep the show.
        demo.stdout.readline()
        while not list((tmp_path / "data").glob("sessions/sessions.db-wal")):
            assert demo.poll() is None
        live = _modes((tmp_path,), set())
        demo.terminate()
    assert live.loose == ()
    assert live.count >= 3
