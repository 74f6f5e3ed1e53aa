"""`martlive sessions`: past shows, listed, searched, reported, exported and deleted."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from martlive_desktop.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlive_desktop.adapters.store_sqlite import SqliteStore


FORMATS = ("srt", "vtt", "txt", "md", "json", "csv", "chapters", "clips", "edl", "zip")
"""Written here, too, since `martlive --help` shall not load what makes them."""


def add_sessions(one: argparse.ArgumentParser) -> None:
    """Its actions and what each takes."""
    actions = one.add_subparsers(metavar="ACTION", dest="action", required=True)
    two = actions.add_parser("list", help="past shows, newest first", epilog="example: martlive sessions list --json")
    two.add_argument("--search", metavar="WORDS", help="those in which these words, or words that begin so, were said")
    two.add_argument("--tag", help="those with this tag")
    two.add_argument("--json", action="store_true", help="for scripts")
    two = actions.add_parser("report", help="make its report", epilog="example: martlive sessions report ID --open")
    two.add_argument("id", help="from `martlive sessions list`; its beginning is enough")
    _add_page(two, "ID.html")
    two = actions.add_parser(
        "trends", help="draw how your shows went", epilog="example: martlive sessions trends --open"
    )
    _add_page(two, "trends.html")
    two = actions.add_parser(
        "compare", help="put two side by side", epilog="example: martlive sessions compare ID ID --open"
    )
    two.add_argument("id", help="from `martlive sessions list`; its beginning is enough")
    two.add_argument("other", metavar="id", help="another one")
    _add_page(two, "comparison.html")
    two = actions.add_parser(
        "search", help="find what was said", epilog="example: martlive sessions search free shipping"
    )
    two.add_argument("words", nargs="+", help="all of them, or words that begin so, in one utterance")
    two.add_argument("--json", action="store_true", help="for scripts")
    two = actions.add_parser("tag", help="give one these tags", epilog="example: martlive sessions tag ID summer sale")
    two.add_argument("id", help="from `martlive sessions list`")
    two.add_argument("tags", nargs="*", help="in place of those it has; none takes them away")
    two = actions.add_parser(
        "note", help="write yourself a note", epilog='example: martlive sessions note ID "too fast"'
    )
    two.add_argument("id", help="from `martlive sessions list`")
    two.add_argument("text", help="in place of the note it has; empty takes it away")
    two = actions.add_parser("export", help="write one out", epilog="example: martlive sessions export ID --format srt")
    two.add_argument("id", help="from `martlive sessions list`; its beginning is enough")
    two.add_argument("--format", choices=[*FORMATS], default="txt")
    two.add_argument("--out", type=Path, metavar="FILE", help="default: the terminal")
    two = actions.add_parser(
        "import", help="take in exported zips", epilog="example: martlive sessions import show.zip"
    )
    two.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="from `martlive sessions export ID --format zip`"
    )
    two = actions.add_parser(
        "repair", help="check every page, save what can be read", epilog="example: martlive sessions repair"
    )
    two = actions.add_parser(
        "size", help="what they take, and where they lie", epilog="example: martlive sessions size"
    )
    two = actions.add_parser("delete", help="delete one", epilog="example: martlive sessions delete ID")
    two.add_argument("id", help="from `martlive sessions list`")
    two = actions.add_parser("erase-all", help="delete everything", epilog="example: martlive sessions erase-all")
    two.add_argument("--yes", action="store_true", help="do not ask")


def _add_page(one: argparse.ArgumentParser, name: str) -> None:
    one.add_argument("--out", type=Path, metavar="FILE", help=f"default: {name}")
    one.add_argument("--language", choices=["en", "zh"], help="default: as in the settings")
    one.add_argument("--open", action="store_true", help="show it in your browser")


def run_sessions(asked: argparse.Namespace) -> int:
    """Run one of its actions."""
    from martlive_desktop.places import session_store

    actions: dict[str, Callable[[argparse.Namespace, SqliteStore], None]] = {
        "list": _sessions_list,
        "report": _sessions_report,
        "trends": _sessions_trends,
        "compare": _sessions_compare,
        "search": _sessions_search,
        "tag": _sessions_tag,
        "note": _sessions_note,
        "export": _sessions_export,
        "import": _sessions_import,
        "delete": _sessions_delete,
        "erase-all": _sessions_erase_all,
        "repair": _sessions_repair,
        "size": _sessions_size,
    }
    with session_store(lambda sentence: print(f"martlive: {sentence}", file=sys.stderr)) as store:
        actions[asked.action](asked, store)
    return 0


def _sessions_list(asked: argparse.Namespace, store: SqliteStore) -> None:
    sessions = store.list_sessions()
    if asked.tag:
        sessions = [one for one in sessions if asked.tag in one.tags]
    if asked.search:
        found = set(store.sessions_with(asked.search))
        sessions = [one for one in sessions if one.id in found]
    if asked.json:
        print(json.dumps([one.as_dict() for one in sessions], ensure_ascii=False))
        return
    if not sessions:
        is_narrowed = asked.tag or asked.search
        print("No session is like that." if is_narrowed else "No sessions yet – `martlive demo` makes one.")
        return
    for one in sessions:
        end = "".join(f"  #{tag}" for tag in one.tags) + ("  cut off" if one.is_cut_off else "")
        print(
            f"{one.id}  {_minutes(one.duration_ms)}  {one.tips:3d} tips  {_shown(one.title or one.source)}{_shown(end)}"
        )
    _sessions_size(asked, store)


def _sessions_report(asked: argparse.Namespace, store: SqliteStore) -> None:
    from martlive_desktop.reporting import page_of, read_report

    reported = read_report(store, asked.id)
    # As a page that leaves the folder of shows, it has no sound.
    _write_page(asked, page_of(reported, _language(asked), has_sound=False), f"{reported.session.id}.html")


def _sessions_trends(asked: argparse.Namespace, _: SqliteStore) -> None:
    from martlive_desktop.reporting import page_of_trends

    _write_page(asked, page_of_trends(_language(asked)), "trends.html")


def _sessions_compare(asked: argparse.Namespace, _: SqliteStore) -> None:
    from martlive_desktop.reporting import page_of_comparison

    _write_page(asked, page_of_comparison(asked.id, asked.other, _language(asked)), "comparison.html")


def _language(asked: argparse.Namespace) -> Literal["en", "zh"]:
    from martlive_desktop.places import settings_path
    from martlive_desktop.reporting import page_language
    from martlive_desktop.settings import load_settings

    named: Literal["en", "zh"] | None = getattr(asked, "language", None)
    return named or page_language(load_settings(settings_path()))


def _write_page(asked: argparse.Namespace, page: str, name: str) -> None:
    from martlive_desktop.reporting import show_page, write_page

    path = write_page(asked.out or Path(name), page)
    print(f"It is in {path}")
    if asked.open:
        show_page(path)


def _sessions_search(asked: argparse.Namespace, store: SqliteStore) -> None:
    found = store.search(" ".join(asked.words))
    if asked.json:
        print(json.dumps(dataclasses.asdict(found), ensure_ascii=False))
        return
    for hit in found.hits:
        print(f"{hit.session_id}  {_minutes(hit.at_ms)}  {_shown(hit.text)}")
    if found.more:
        print(f"… and {found.more:,} more; add a word to find less")
    if not found.hits:
        print("Nobody said that in any of your shows.")


def _sessions_tag(asked: argparse.Namespace, store: SqliteStore) -> None:
    print(f"Tagged {store.set_tags(asked.id, asked.tags)}")


def _sessions_note(asked: argparse.Namespace, store: SqliteStore) -> None:
    print(f"Noted for {store.set_notes(asked.id, asked.text)}")


def _sessions_export(asked: argparse.Namespace, store: SqliteStore) -> None:
    if asked.format == "zip":
        _export_zip(asked, store)
    else:
        _export(store.events(asked.id), asked.format, asked.out)


def _export_zip(asked: argparse.Namespace, store: SqliteStore) -> None:
    from martlive_desktop.adapters.session_zip import write_zip
    from martlive_desktop.reporting import page_of, read_report

    session_id, out = asked.id, asked.out
    if out is None:
        raise UsageError("A zip needs a file; add --out FILE.")
    reported = read_report(store, session_id)
    page = page_of(reported, _language(asked), has_sound=False)
    write_zip(out, reported.session, store.lines(reported.session.id), {"report.html": page.encode()})


def _sessions_import(asked: argparse.Namespace, store: SqliteStore) -> None:
    from martlive_desktop.adapters.session_zip import read_zip

    for path in asked.files:
        file = read_zip(path)
        left_out = f"; lines that could not be read are left out: {file.skipped}" if file.skipped else ""
        print(f"Took in {store.import_session(file)}{left_out}")


def _sessions_delete(asked: argparse.Namespace, store: SqliteStore) -> None:
    print(f"Deleted {store.delete(asked.id)}")


def _sessions_erase_all(asked: argparse.Namespace, store: SqliteStore) -> None:
    from martlive_desktop.keeping import erase_everything

    if asked.yes or input("Erase all sessions for good? Type yes: ").strip().lower() == "yes":
        erase_everything(store)
        print("All sessions are erased")
    else:
        print("Nothing was erased")


def _sessions_repair(_: argparse.Namespace, store: SqliteStore) -> None:
    if store.recovered:
        # It was damaged so that it could not even be opened, and is new now.
        return
    repaired = store.repair()
    print(repaired.sentence if repaired else "Nothing is damaged; the search is made anew.")


def _sessions_size(_: argparse.Namespace, store: SqliteStore) -> None:
    size = store.size()
    print(f"{size.sessions} session{'s' * (size.sessions != 1)}, {size.bytes / 1e6:.1f} MB in {size.path}")


def _shown(text: str) -> str:
    """`text` without characters that do something to a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def _minutes(ms: int) -> str:
    minutes, seconds = divmod(ms // 1000, 60)
    return f"{minutes:3d}:{seconds:02d}"


def _export(events: Any, form: str, out: Path | None) -> None:
    from martlive_desktop.core import export

    text: str = export.FORMATS[form](list(events))
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, encoding="utf-8", newline="")
    except OSError as exc:
        raise UsageError(f"Cannot write {out}: {exc.strerror}; choose another place with --out.") from exc
