"""The translations: `python -m tests.translations update` after words changed, `check` says what is left to do."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "martlive_desktop").rglob("*.py"))
FOLDER = ROOT / "resources/translations"
LANGUAGES = ("en", "zh_CN")
"""English has only what depends on a number: `%n minutes` for one minute."""

PLACE = re.compile(r"%L?[n1-9]|\{\w*\}")
"""What is put into a sentence when it is shown."""


def update(folder: Path = FOLDER) -> None:
    """Note new words in the .ts files of `folder`, drop old ones, and compile the .qm files."""
    for language in LANGUAGES:
        written = _file(folder, language, "ts")
        only = ["-pluralonly"] if language == "en" else []
        _run(
            *("lupdate", "-silent", "-no-obsolete", "-locations", "none", "-sort-messages", *only),
            *("-source-language", "en", "-target-language", language, *map(str, SOURCES), "-ts", str(written)),
        )
        _run("lrelease", "-silent", "-removeidentical", str(written), "-qm", str(_file(folder, language, "qm")))


def faults() -> list[str]:
    """What is to be done before the translations are whole; empty: nothing."""
    with tempfile.TemporaryDirectory() as name:
        fresh = Path(name)
        for language in LANGUAGES:
            shutil.copy(_file(FOLDER, language, "ts"), fresh)
        update(fresh)
        stale = [
            f"{one.name} is not up to date; run `make translations` and translate what is new"
            for one in sorted(FOLDER.glob("martlive_*.*"))
            if one.read_bytes() != (fresh / one.name).read_bytes()
        ]
    written = [_file(FOLDER, language, "ts") for language in LANGUAGES]
    return stale + [fault for path in written for fault in (*faults_of(path), *_lost_contexts(path))]


def faults_of(path: Path) -> Iterator[str]:
    """What is to be mended in the translations of `path`."""
    for context in ET.parse(path).iter("context"):
        for message in context.iter("message"):
            source, translation = message.findtext("source", ""), message.find("translation")
            assert translation is not None
            where = f"{path.name}: {context.findtext('name')}: “{source}”"
            texts = [form.text or "" for form in translation.iter("numerusform")] or [translation.text or ""]
            if translation.get("type") or not all(text.strip() for text in texts):
                yield f"{where} is not translated"
            elif any(set(PLACE.findall(text)) != set(PLACE.findall(source)) for text in texts):
                yield f"{where} and its translation hold different places for what is put in"


def _lost_contexts(path: Path) -> Iterator[str]:
    """Words that Qt will not find: `parent.tr("…")` is noted under `parent`, whose class has another name."""
    code = "\n".join(source.read_text(encoding="utf-8") for source in SOURCES)
    for name in (context.findtext("name", "") for context in ET.parse(path).iter("context")):
        if not re.search(rf'class {name}\b|"{name}"', code):
            yield f"{path.name}: nothing is called {name}; use self.tr or QCoreApplication.translate"


def _file(folder: Path, language: str, ending: str) -> Path:
    return folder / f"martlive_{language}.{ending}"


def _run(tool: str, *words: str) -> None:
    subprocess.run([Path(sys.executable).with_name(f"pyside6-{tool}"), *words], check=True)


def main(words: list[str]) -> int:
    """Do what the command line says; 1 where something is left to do."""
    if words == ["update"]:
        update()
        return 0
    if words != ["check"]:
        print(__doc__, file=sys.stderr)  # noqa: T201
        return 2
    found = faults()
    print("\n".join(found))  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
