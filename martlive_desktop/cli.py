"""The command line: what each command takes and prints; what it does lies in `app` and the adapters."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from martlive_desktop import __version__
from martlive_desktop.cli_components import add_components, run_components
from martlive_desktop.cli_sessions import add_sessions, run_sessions
from martlive_desktop.cli_update import add_update, run_update
from martlive_desktop.core.errors import (
    MartLiveError,
    MicrophoneUnavailable,
    ModelMissing,
    ScreenUnavailable,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import NoReturn

    from martlive_desktop.adapters.model_store import ModelStore

REMOTE_COMMANDS = {
    "toggle": "turn coaching on or off",
    "show": "show the overlay",
    "hide": "hide the overlay",
    "hide-all": "take everything that is only for you off the screen at once",
    "click-through": "let clicks go through the overlay, or not",
    "dismiss": "send the tip on screen away",
    "next": "say that the plan's next item is on",
    "repeat": "show the last tip again",
    "mark": "mark this moment, to find it after the show",
    "begin": "begin a show",
    "end": "end this show; MartLive goes on",
    "settings": "open the settings",
    "history": "open your past shows",
    "status": "say what the running MartLive does",
    "quit": "end the running MartLive",
}
SHARED = frozenset({"models", "components"})
"""Commands that write nothing of the user: others may read what they fetch. All else is for this user only."""
CANCELLED = 130
"""Exit code after Ctrl-C: 128 + SIGINT, as shells do."""


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Returns:
        0 when it did what was asked, 1 when it could not, 2 when it was asked for what cannot be.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a character gets a question mark, not a traceback.
            stream.reconfigure(errors="replace")
    try:
        asked = _parser().parse_args(arguments)
        logging.basicConfig(
            level=logging.INFO if asked.verbose else logging.CRITICAL, format="%(levelname)s %(message)s"
        )
        command: Callable[[argparse.Namespace], int] = asked.run
        with _umask(0o022 if asked.command in SHARED else 0o077):
            code = command(asked)
        # What cannot be written shows only now.
        sys.stdout.flush()
    except MartLiveError as exc:
        print(f"martlive: {exc}", file=sys.stderr)
        return exc.exit_code
    except KeyboardInterrupt as exc:
        print(f"martlive: {str(exc) or 'stopped; what was recorded up to here is kept.'}", file=sys.stderr)
        return CANCELLED
    except EOFError:
        print("\nmartlive: there was no answer, so nothing was done; run it in a terminal.", file=sys.stderr)
        return 1
    except ModuleNotFoundError as exc:
        how = (
            "install MartLive again"
            if getattr(sys, "frozen", False)
            else "run: pip install 'martlive[desktop,asr,screen]'"
        )
        print(f"martlive: the package {exc.name} is missing; {how}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read our output is gone (`martlive ... | head`); the interpreter must not flush into it again.
        sys.stdout = None
        return 1
    except OSError as exc:
        where = f" ({exc.filename})" if exc.filename else ""
        print(f"martlive: the system says: {exc.strerror}{where}; mend that and try again.", file=sys.stderr)
        sys.stdout = None
        return 1
    return code


@contextlib.contextmanager
def _umask(mask: int) -> Iterator[None]:
    """What is written meanwhile lacks the rights in `mask`, whoever writes it and however this program was started."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, as every other error does."""

    @override
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `{self.prog} --help`.")


def _desktop(asked: argparse.Namespace) -> int:
    from martlive_desktop import app

    return app.run_desktop(plan=asked.plan, watches_screen=not asked.no_screen, waits=asked.wait)


def _selftest(_asked: argparse.Namespace) -> int:
    from martlive_desktop import selftest

    code = 0
    for outcome in selftest.run():
        mark = "ok" if outcome.is_fine else "!!"
        print(f"{mark:<3}{outcome.part}: {outcome.sentence}  ({outcome.took_s:.1f} s)", flush=True)
        code = code if outcome.is_fine else 1
    return code


def _licences(_asked: argparse.Namespace) -> int:
    from martlive_desktop.adapters.resource_files import resource_path

    page = resource_path("licences/THIRD-PARTY.html")
    if not page.exists():
        raise MartLiveError("The page is made with the installers; from the source, see docs/dependencies.md.")
    print(page)
    return 0


def _demo(asked: argparse.Namespace) -> int:
    from martlive_desktop import app

    return app.run_demo(is_headless=asked.headless)


def _review(asked: argparse.Namespace) -> int:
    from martlive_desktop.reviewing import ReviewWish, run_review

    wish = ReviewWish(
        plan=asked.plan,
        chat=asked.chat,
        out=asked.out,
        is_realtime=asked.realtime,
        model=asked.model,
        language=asked.language,
        coach=asked.coach,
        shows_model=asked.show_model,
        watches_screen=not asked.no_screen,
        chat_region=asked.chat_region,
        is_again=asked.again,
        opens_report=asked.open,
    )
    return run_review(asked.files, wish)


def _rectangle(text: str) -> tuple[int, int, int, int]:
    """`text`, as `380,0,260,360`, read."""
    try:
        left, top, width, height = (int(part) for part in text.split(","))
    except ValueError as exc:
        raise argparse.ArgumentTypeError(f"{text} is not X,Y,W,H in pixels") from exc
    return left, top, width, height


def _remote(asked: argparse.Namespace) -> int:
    from martlive_desktop.adapters.remote_control import send

    answer = send(asked.command)
    print(json.dumps(answer) if asked.json else answer["sentence"])
    return 0


def _devices(asked: argparse.Namespace) -> int:
    from martlive_desktop.adapters.devices import list_microphones
    from martlive_desktop.adapters.screen_grab import list_monitors
    from martlive_desktop.inference.compute import gpu_names

    found = list_microphones()
    gpus = gpu_names()
    try:
        monitors = list_monitors()
    except ScreenUnavailable:
        monitors = []
    if asked.json:
        microphones = [dataclasses.asdict(one) for one in found]
        screens = [{"name": one.name, "is_primary": one.is_primary, **one.rect._asdict()} for one in monitors]
        print(json.dumps({"microphones": microphones, "graphics_cards": gpus, "monitors": screens}, ensure_ascii=False))
        return 0
    if not found:
        raise MicrophoneUnavailable("No microphone was found – plug one in, or try `martlive demo`, which needs none.")
    for one in found:
        print(f"{'*' if one.is_default else ' '} {one.name}  ({one.channels} ch, {one.rate_hz} Hz)")
    for monitor in monitors:
        left, top, width, height = monitor.rect
        print(f"{'*' if monitor.is_primary else ' '} {monitor.name}  (monitor, {width}×{height} at {left},{top})")
    for gpu in gpus:
        print(f"Speech can be recognised on the graphics card {gpu}.")
    return 0


def _doctor(asked: argparse.Namespace) -> int:
    from martlive_desktop.doctor import examine

    if asked.bundle is not None:
        return _support_bundle(asked)
    found = []
    marks = {"ok": "ok", "advice": "!", "fault": "!!"}
    for one in examine():
        found.append(one)
        if not asked.json:
            print(f"{marks[one.state]:<3}{one.name}: {one.sentence}", flush=True)
    if asked.json:
        print(json.dumps([dataclasses.asdict(one) for one in found], ensure_ascii=False))
    return 1 if any(one.state == "fault" for one in found) else 0


def _support_bundle(asked: argparse.Namespace) -> int:
    from martlive_desktop.support_bundle import PARTS, write_bundle

    path = write_bundle(None if asked.bundle == Path() else asked.bundle)
    if asked.json:
        print(json.dumps({"file": str(path), "parts": PARTS}, ensure_ascii=False))
        return 0
    print(f"{path} is for whoever helps you. Nothing was sent. It has no word that was said, read or shown; in it are:")
    for name, what in PARTS.items():
        print(f"  {name:<14} {what}")
    return 0


def _models(asked: argparse.Namespace) -> int:
    from martlive_desktop.places import model_store

    store = model_store()
    actions: dict[str, Callable[[argparse.Namespace, ModelStore], int]] = {
        "list": _models_list,
        "pull": _models_pull,
        "verify": _models_verify,
        "remove": _models_remove,
    }
    return actions[asked.action](asked, store)


def _models_list(asked: argparse.Namespace, store: ModelStore) -> int:
    states = store.list()
    if asked.json:
        rows = [
            {"name": s.name, "task": s.task, "bytes": s.bytes, "licence": s.licence, "where": s.where} for s in states
        ]
        print(json.dumps(rows))
        return 0
    for state in states:
        print(f"{state.name:<18} {state.bytes / 1e6:6.0f} MB  {state.licence:<11} {state.where}")
    return 0


def _models_pull(asked: argparse.Namespace, store: ModelStore) -> int:
    from martlive_desktop.hearing import pull_model

    folder = pull_model(store, asked.name, asked.folder)
    print(f"{asked.name} is ready in {folder}")
    return 0


def _models_verify(asked: argparse.Namespace, store: ModelStore) -> int:
    names = [asked.name] if asked.name else [state.name for state in store.list() if state.where != "missing"]
    if not names:
        raise ModelMissing("No model is on this computer; run `martlive models pull whisper-base`.", name="")
    for name in names:
        store.verify(name)
        print(f"{name}: every byte is right")
    return 0


def _models_remove(asked: argparse.Namespace, store: ModelStore) -> int:
    store.remove(asked.name)
    print(f"{asked.name} is removed from your models folder")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="martlive",
        description="A private coach for people who stream live. Without a command it starts the desktop app.",
        epilog="example: martlive demo --headless",
    )
    parser.add_argument("--version", action="version", version=f"martlive {__version__}")
    parser.add_argument("--verbose", action="store_true", help="log to the terminal; never speech or chat")
    parser.add_argument("--plan", type=Path, metavar="P.toml", help="the show plan: products, prices, talking points")
    parser.add_argument("--no-screen", action="store_true", help="do not look at the screen")
    parser.add_argument("--wait", action="store_true", help="begin no show yet: `martlive begin`, or the tray, does")
    parser.add_argument(
        "--selftest",
        dest="run",
        action="store_const",
        const=_selftest,
        help="try every part of the program, without a display, and say which one fails",
    )
    parser.add_argument(
        "--licences",
        dest="run",
        action="store_const",
        const=_licences,
        help="say where the page on the libraries in here and their licences is",
    )
    parser.set_defaults(run=_desktop)
    commands = parser.add_subparsers(metavar="COMMAND", dest="command")

    def command(
        name: str, run: Callable[[argparse.Namespace], int], help_text: str, example: str
    ) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=help_text, description=help_text.capitalize() + ".", epilog=example)
        one.set_defaults(run=run)
        return one

    one = command("demo", _demo, "play the bundled show through the live pipeline", "example: martlive demo --headless")
    one.add_argument("--headless", action="store_true", help="print the tips in the terminal, without a window")

    one = command("review", _review, "coach recordings", "example: martlive review show.mp4 --plan plan.toml --open")
    one.add_argument("files", nargs="+", type=Path, metavar="FILE", help="anything that FFmpeg reads, with sound")
    one.add_argument("--plan", type=Path, metavar="P.toml", help="the show plan")
    one.add_argument("--chat", type=Path, metavar="C.jsonl", help="the chat: at_ms, user and text in each line")
    one.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where the results go (default: FILE's name + -review); of several, into a folder of that name each",
    )
    one.add_argument("--open", action="store_true", help="show the report in your browser when it is done")
    one.add_argument("--again", action="store_true", help="review anew what is whole, or was stopped")
    one.add_argument("--realtime", action="store_true", help="no faster than it was spoken, as in a live show")
    one.add_argument(
        "--coach", choices=["rules", "local", "remote"], help="who words the tips (default: as in the settings)"
    )
    one.add_argument("--show-model", action="store_true", help="print what the language model is asked and answers")
    one.add_argument("--no-screen", action="store_true", help="do not look at the picture")
    one.add_argument(
        "--chat-region",
        type=_rectangle,
        metavar="X,Y,W,H",
        help="read the chat on the picture: left, top, width and height in pixels (default: as in the settings)",
    )
    one.add_argument("--model", metavar="NAME", help="speech model, from `martlive models list`")
    one.add_argument("--language", metavar="CODE", help="spoken language, as en or zh; auto finds it out")

    for name, help_text in REMOTE_COMMANDS.items():
        one = command(name, _remote, help_text, f"example: martlive {name}")
        one.add_argument("--json", action="store_true", help="for scripts")

    one = command(
        "devices",
        _devices,
        "list microphones, monitors and graphics cards; the defaults are starred",
        "example: martlive devices --json",
    )
    one.add_argument("--json", action="store_true", help="for scripts")

    one = command(
        "doctor", _doctor, "look over everything that MartLive needs, and say what to do", "example: martlive doctor"
    )
    one.add_argument("--json", action="store_true", help="for scripts")
    one.add_argument(
        "--bundle",
        nargs="?",
        type=Path,
        const=Path(),
        metavar="FILE.zip",
        help="write what it finds, and the newest crash, into a zip for whoever helps you; never speech or chat",
    )

    one = command(
        "models", _models, "list, fetch, check and remove models", "example: martlive models pull whisper-base"
    )
    actions = one.add_subparsers(metavar="ACTION", dest="action", required=True)
    two = actions.add_parser("list", help="what there is and where", epilog="example: martlive models list --json")
    two.add_argument("--json", action="store_true", help="for scripts")
    two = actions.add_parser("pull", help="fetch a model", epilog="example: martlive models pull whisper-base")
    two.add_argument("name")
    two.add_argument(
        "--from", dest="folder", type=Path, metavar="FOLDER", help="copy it out of this folder, without the internet"
    )
    two = actions.add_parser("verify", help="check every byte", epilog="example: martlive models verify")
    two.add_argument("name", nargs="?")
    two = actions.add_parser("remove", help="remove a model", epilog="example: martlive models remove whisper-base")
    two.add_argument("name")

    add_components(
        command(
            "components",
            run_components,
            "list, fetch, check and remove libraries for graphics cards",
            "example: martlive components list",
        )
    )

    add_update(
        command("update", run_update, "fetch a newer MartLive, if there is one", "example: martlive update --check")
    )

    add_sessions(
        command(
            "sessions", run_sessions, "list, search, export and delete past shows", "example: martlive sessions list"
        )
    )
    return parser
