"""How large each library is in a built tree, and whether it may be (installer/budget.toml).

    python -m installer.sizes build/dist/martlive                        the table; fails where a budget is exceeded
    python -m installer.sizes build/dist/martlive --installer FILE       with the packed installer
    python -m installer.sizes build/dist/martlive --write                docs/sizes.md anew
    python -m installer.sizes build/dist/martlive --propose              budget.toml anew, from what is there

The budget is Linux's. A library is the first folder or file that its files lie in; the folder of a wheel's own native
libraries (`av.libs`) counts as the wheel's.
"""

from __future__ import annotations

import sys
import tomllib
from argparse import ArgumentParser
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
BUDGET = HERE / "budget.toml"
PAGE = HERE.parent / "docs/sizes.md"

TOLERANCE = 1.05
"""A new version of a library is a little larger; what is more than that is looked at."""

SMALL_MB = 1.0
"""What is smaller needs no budget of its own: it is counted with the rest."""

REST, SYSTEM, TREE, INSTALLER = "the rest", "libraries of the system", "whole tree", "installer"

ALIASES = {
    "cv2": "opencv-python-headless",
    "opencv_python_headless": "opencv-python-headless",
    "PIL": "pillow",
    "shiboken6": "PySide6",
}

HEADER = """# Sizes

What the program takes on disk, library by library, and what it may take (`installer/budget.toml`): Linux x86-64, megabytes
(10^6 bytes). `python -m installer.sizes` measures; the build fails where one is more than 5 % over.

| library | MB | budget |
| --- | --- | --- |
"""


@dataclass(frozen=True, slots=True)
class Line:
    """What one library takes, and may take, in MB; no budget yet: None."""

    name: str
    size_mb: float
    budget_mb: float | None

    @property
    def is_over(self) -> bool:
        return self.budget_mb is None or self.size_mb > self.budget_mb * TOLERANCE


def measured(tree: Path, installer: Path | None = None) -> dict[str, float]:
    """Megabytes of each library in `tree`, of the small ones together, of all, and of the packed `installer`."""
    files = [file for file in tree.rglob("*") if file.is_file() and not file.is_symlink()]
    taken: Counter[str] = Counter()
    for file in files:
        taken[_library(file.relative_to(tree))] += file.stat().st_size
    sizes = {name: size / 1e6 for name, size in taken.items() if size >= SMALL_MB * 1e6}
    sizes[REST] = sum(size for size in taken.values() if size < SMALL_MB * 1e6) / 1e6
    sizes[TREE] = sum(taken.values()) / 1e6
    if installer:
        sizes[INSTALLER] = installer.stat().st_size / 1e6
    return sizes


def _library(path: Path) -> str:
    inner = path.parts[1:] if path.parts[0] == "_internal" else path.parts
    if len(inner) == 1:
        return SYSTEM if path.parts[0] == "_internal" and ".so" in path.name else path.name
    name = inner[0].removesuffix(".libs").partition("-")[0]
    return ALIASES.get(name, name)


def compared(sizes: Mapping[str, float], budget: Mapping[str, float]) -> list[Line]:
    """Each library beside its budget, the largest first; the sums at the end."""
    lines = [Line(name, size, budget.get(name)) for name, size in sizes.items()]
    return sorted(lines, key=lambda line: (line.name == INSTALLER, line.name == TREE, -line.size_mb))


def proposed(sizes: Mapping[str, float], budget: Mapping[str, float]) -> dict[str, float]:
    """A budget of what is there; what the design promises, the installer's, stays."""
    found = {name: round(size, 1) for name, size in sorted(sizes.items(), key=lambda item: -item[1])}
    return {**found, INSTALLER: budget.get(INSTALLER, 200.0)}


def as_page(lines: list[Line]) -> str:
    rows = [
        f"| {line.name} | {line.size_mb:.1f} | {'–' if line.budget_mb is None else f'{line.budget_mb:g}'} |"
        for line in lines
    ]
    return HEADER + "\n".join(rows) + "\n"


def main() -> int:
    arguments = ArgumentParser(description="How large each library is in a built tree, and whether it may be.")
    arguments.add_argument("tree", type=Path)
    arguments.add_argument("--installer", type=Path)
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--propose", action="store_true")
    asked = arguments.parse_args()
    console = Console()
    table: dict[str, Any] = tomllib.loads(BUDGET.read_text(encoding="utf-8"))
    budget, sizes = table["megabytes"], measured(asked.tree, asked.installer)
    if asked.propose:
        comment = BUDGET.read_text(encoding="utf-8").partition("[megabytes]")[0]
        budget = proposed(sizes, budget)
        BUDGET.write_text(comment + tomli_w.dumps({"megabytes": budget}), encoding="utf-8")
    lines = compared(sizes, budget)
    if asked.write:
        PAGE.write_text(as_page(lines), encoding="utf-8")
    shown = Table("library", "MB", "budget", "")
    for line in lines:
        allowed = "none yet" if line.budget_mb is None else f"{line.budget_mb:g}"
        shown.add_row(line.name, f"{line.size_mb:.1f}", allowed, "too large" if line.is_over else "")
    console.print(shown)
    over = [line.name for line in lines if line.is_over]
    if over:
        console.print(
            f"Find out what grew, or raise the budget in installer/budget.toml: {', '.join(over)}.", style="bold"
        )
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
