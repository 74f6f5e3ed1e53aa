"""Starts the command line; the first thing that runs, also in the child processes of a frozen program."""

from __future__ import annotations

import multiprocessing
import sys


def main() -> int:
    """The `martlive` command; gives its exit code."""
    multiprocessing.freeze_support()
    from martlive_desktop.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
