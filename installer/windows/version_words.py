"""What Windows shows in a program's properties, as PyInstaller reads it.

Run as `python -m installer.windows.version_words build/version.txt`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from installer.windows.nsis import numbers
from martlive_desktop import __version__

TEMPLATE = Path(__file__).with_name("version.txt")


def write(target: Path, version: str = __version__) -> None:
    """Fill the template into `target`, which build.spec gives to each program."""
    target.parent.mkdir(parents=True, exist_ok=True)
    words = TEMPLATE.read_text(encoding="utf-8")
    four = f"({numbers(version).replace('.', ', ')})"
    target.write_text(words.replace("@NUMBERS@", four).replace("@VERSION@", version), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    write(parser.parse_args().target)
