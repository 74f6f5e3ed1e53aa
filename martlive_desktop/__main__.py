"""Starts the command line; the first thing that runs, also in the child processes of a frozen program."""

from __future__ import annotations

import multiprocessing
import sys


def main() -> int:
    """The `martlive` command; gives its exit code."""
    multiprocessing.freeze_support()
    from martlive_desktop import launcher

    launcher.hand_over()
    from martlive_desktop.cli import run

    if sys.stderr is not None:
        return launcher.watch(lambda: run(sys.argv[1:]))
    return launcher.watch(lambda: _run_without_terminal(sys.argv[1:]))


def _run_without_terminal(arguments: list[str]) -> int:
    """As Windows starts a program that has windows only: it has no streams, so what it says needs a window."""
    import io

    from martlive_desktop.cli import run

    said = io.StringIO()
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), io.StringIO(), said
    code = run(arguments)
    if code and said.getvalue():
        from PySide6.QtWidgets import QApplication, QMessageBox

        _qt = QApplication.instance() or QApplication(["martlive"])
        QMessageBox.warning(None, "MartLive", said.getvalue().removeprefix("martlive: ").strip())
    return code


if __name__ == "__main__":
    sys.exit(main())
