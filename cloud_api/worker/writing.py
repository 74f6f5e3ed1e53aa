"""Makes reports and exports in a process of its own: `python -m cloud_api.worker.writing`.

It takes requests from its standard input, one after another, and ends with it, so it never outlives the worker.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import struct
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

from martlive_desktop.adapters.report_page import render_page
from martlive_desktop.core.events import from_json
from martlive_desktop.core.export import FORMATS
from martlive_desktop.core.report_builder import build_report
from martlive_desktop.core.report_words import advice_of, praise_of

if TYPE_CHECKING:
    from martlive_desktop.adapters.report_page import PageLanguage
    from martlive_desktop.core.events import LogEvent
    from martlive_desktop.core.report import Report

LENGTH = struct.Struct("!Q")
"""Before each message."""

REPORT_FORMAT = 1
"""Of the report in JSON; another number is another shape."""


def answer(request: dict[str, Any]) -> dict[str, str]:
    """What `request` asks for: a report as `html` and `json`, or an export as `text`."""
    events, skipped = _events(request["lines"])
    if request["what"] == "report":
        report = build_report(events, skipped=skipped)
        language: PageLanguage = "zh" if request["language"] == "zh" else "en"
        page = render_page(
            report,
            title=request["title"],
            started_at=request["started_at"],
            session_id=request["session"],
            language=language,
            summary=None,
            clips={},
        )
        return {"html": page, "json": json.dumps(_document(report, request, language))}
    return {"text": FORMATS[request["what"]](events)}


def _events(lines: list[str]) -> tuple[list[LogEvent], int]:
    events: list[LogEvent] = []
    skipped = 0
    for line in lines:
        try:
            events.append(from_json(line))
        except ValueError:
            skipped += 1
    return events, skipped


def _document(report: Report, request: dict[str, Any], language: PageLanguage) -> dict[str, Any]:
    return {
        "format": REPORT_FORMAT,
        "session": request["session"],
        "title": request["title"],
        "started_at": request["started_at"],
        "language": language,
        "strengths": [praise_of(one, language) for one in report.strengths],
        "focus": advice_of(report.focus, language) if report.focus else "",
        "report": dataclasses.asdict(report),
    }


def main() -> None:
    """Answer until the standard input ends."""
    # Whoever ends the worker from a terminal ends it alone; the end of the input ends this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # What a library prints must not come between the answers.
    os.dup2(2, 1)
    while (data := _read(requests)) is not None:
        try:
            reply: dict[str, Any] = answer(json.loads(data))
        except Exception as exc:  # noqa: BLE001 - told to the worker; its words may be speech, so its name alone
            reply = {"error": type(exc).__name__}
        text = json.dumps(reply).encode()
        try:
            answers.write(LENGTH.pack(len(text)) + text)
            answers.flush()
        except BrokenPipeError:
            return


def _read(file: BinaryIO) -> bytes | None:
    head = file.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    size = LENGTH.unpack(head)[0]
    data = file.read(size)
    return data if len(data) == size else None


if __name__ == "__main__":
    main()
