"""Cuts Noto Sans SC down to the characters of GB 2312: `python resources/fonts/make_subset.py PACKAGE`.

PACKAGE is the unpacked npm package @expo-google-fonts/noto-sans-sc 0.4.3; `pip install fonttools==4.68.0` does the cutting.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
WEIGHTS = {"Medium": "500Medium/NotoSansSC_500Medium.ttf", "SemiBold": "600SemiBold/NotoSansSC_600SemiBold.ttf"}
"""The two of Look.font."""

DROPPED = ("BASE", "STAT", "gasp", "vhea", "vmtx")
"""Tables of vertical text and of other weights."""


def gb2312() -> str:
    """Its 7445 characters: 6763 of Chinese, full-width punctuation, kana; and ASCII."""
    pairs = (bytes((row, cell)) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    return bytes(range(0x20, 0x7F)).decode() + "".join(pair.decode("gb2312", errors="ignore") for pair in pairs)


def cut(source: Path, target: Path) -> None:
    """Write `source` with these characters only as `target`; names and licence stay in it."""
    codes = ",".join(f"{ord(character):X}" for character in gb2312())
    options = (
        "--layout-features=",
        "--no-hinting",
        "--name-IDs=*",
        "--notdef-outline",
        f"--drop-tables+={','.join(DROPPED)}",
    )
    command = [
        sys.executable,
        "-m",
        "fontTools.subset",
        str(source),
        f"--unicodes={codes}",
        f"--output-file={target}",
        *options,
    ]
    subprocess.run(command, check=True)  # noqa: S603 - no words of strangers


if __name__ == "__main__":
    for weight, file in WEIGHTS.items():
        cut(Path(sys.argv[1]) / file, HERE / f"NotoSansSC-{weight}.ttf")
