from __future__ import annotations

import hashlib
import json
import re
import shutil
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from markupsafe import escape

from installer.errors import BuildRefused
from installer.inventory import PAGE_FOLDER, TABLE, Part, accepted, inventory, read_tree
from installer.licences import bill, write_page

ALLOWED = tomllib.loads(TABLE.read_text(encoding="utf-8"))["allowed"]

OWN_FILE = "_internal/martlive_desktop/resources/fonts/make_subset.py"

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def parts(small: Path) -> dict[str, Part]:
    return {part.name: part for part in inventory(read_tree(small))}


@pytest.fixture
def copy(small: Path, tmp_path: Path) -> Path:
    """The small program, to be changed."""
    return Path(shutil.copytree(small, tmp_path / "small", symlinks=True))


@pytest.mark.parametrize(
    ("name", "kind", "licence"),
    [
        ("pillow", "distribution", "MIT-CMU"),
        ("psutil", "distribution", "BSD-3-Clause"),
        ("pyyaml", "distribution", "MIT"),
        ("pyinstaller", "distribution", "GPL-2.0-or-later WITH Bootloader-exception"),
        ("CPython", "library", "PSF-2.0"),
        ("libjpeg-turbo", "library", "IJG AND BSD-3-Clause AND Zlib"),
        ("zlib", "library", "Zlib"),
        ("Inter", "data", "OFL-1.1"),
        ("Noto Sans SC", "data", "OFL-1.1"),
        ("Lucide", "data", "ISC"),
        ("uPlot", "data", "MIT"),
    ],
)
def test_every_part_is_found_with_its_licence_and_text(
    parts: dict[str, Part], name: str, kind: str, licence: str
) -> None:
    assert (parts[name].kind, parts[name].licence) == (kind, licence)
    assert all(len(text) > 300 for text in parts[name].texts)
    assert parts[name].texts


def test_versions_are_read_from_the_files(parts: dict[str, Part]) -> None:
    assert parts["uPlot"].version == "1.6.32"
    assert re.fullmatch(r"\d+\.\d+\.\d+", parts["libjpeg-turbo"].version)
    assert parts["pillow"].version in parts["pillow"].purl


@pytest.mark.parametrize(
    ("part", "package", "files"),
    [
        ("oneMKL", "ctranslate2", "ctranslate2.libs/libctranslate2-*"),
        ("oneDNN", "ctranslate2", "ctranslate2.libs/libctranslate2-*"),
        ("CUDA runtime", "ctranslate2", "ctranslate2.libs/libctranslate2-*"),
        ("libsoxr", "soxr", "soxr/soxr_ext.*.so"),
    ],
)
def test_what_a_wheel_has_linked_in_is_seen_in_its_file(part: str, package: str, files: str) -> None:
    [entry] = [each for each in tomllib.loads(TABLE.read_text(encoding="utf-8"))["part"] if each["name"] == part]
    [file] = Path(str(distribution(package).locate_file(""))).glob(files)
    assert re.search(entry.get("mark", entry.get("version")).encode(), file.read_bytes())


def test_what_is_not_in_the_tree_is_not_listed(parts: dict[str, Part]) -> None:
    assert not {"av", "FFmpeg", "numpy", "pytest", "axe-playwright-python", "martlive"} & parts.keys()


def test_each_file_is_in_one_part_or_martlives_own(small: Path, parts: dict[str, Part]) -> None:
    listed = [file for part in parts.values() for file in part.files]
    assert len(listed) == len(set(listed))
    tree = read_tree(small)
    assert {tree.path(name) for name in tree.files} - set(listed) == {OWN_FILE}


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("libmystery.so.1", "file libmystery.so.1"),
        ("pillow.libs/libmystery-0123.so.1", "file pillow.libs/libmystery-0123.so.1"),
        ("somebody/picture.png", "file somebody/picture.png"),
    ],
)
def test_a_file_of_unknown_origin_stops_the_build(copy: Path, path: str, says: str) -> None:
    file = copy / "_internal" / path
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"?")
    with pytest.raises(BuildRefused, match="whose these are") as refusal:
        inventory(read_tree(copy))
    assert refusal.value.facts == (says,)


def test_gpl_code_linked_into_a_wheel_stops_the_build(copy: Path) -> None:
    with next((copy / "_internal/PIL").glob("_imaging.*.so")).open("ab") as module:
        module.write(b"\0liq_attr_create\0")
    with pytest.raises(BuildRefused) as refusal:
        inventory(read_tree(copy))
    assert refusal.value.facts == ("libimagequant: GPL-3.0-or-later may not be in the binary",)


def test_a_folder_without_a_program_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(BuildRefused, match="Build first"):
        read_tree(tmp_path)


@pytest.mark.parametrize(
    ("expression", "keys"),
    [
        ("MIT", ["MIT"]),
        ("LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only", ["LGPL-3.0-only"]),
        ("GPL-2.0-only OR LGPL-3.0-only", ["LGPL-3.0-only"]),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", ["GPL-3.0-or-later WITH GCC-exception-3.1"]),
        ("MIT AND (Apache-2.0 OR BSD-2-Clause)", ["MIT", "Apache-2.0"]),
        ("LicenseRef-Intel-Simplified", ["LicenseRef-Intel-Simplified"]),
        ("GPL-3.0-or-later", None),
        ("GPL-2.0-only", None),
        ("GPL-3.0-or-later WITH Autoconf-exception-3.0", None),
        ("MIT AND GPL-2.0-or-later", None),
        ("AGPL-3.0-only", None),
        ("SSPL-1.0", None),
        ("LicenseRef-Something-Proprietary", None),
    ],
)
def test_what_may_be_in_a_binary(expression: str, keys: list[str] | None) -> None:
    assert accepted(expression, ALLOWED) == keys


def test_the_list_for_machines_fits_its_schema_and_its_hashes_the_files(small: Path, parts: dict[str, Part]) -> None:
    tree = read_tree(small)
    text = bill(tree, list(parts.values()))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    listed = json.loads(text)
    by_name = {component["name"]: component for component in listed["components"]}
    assert by_name["psutil"]["purl"] == f"pkg:pypi/psutil@{parts['psutil'].version}"
    assert by_name["psutil"]["licenses"] == [{"expression": "BSD-3-Clause"}]
    [file] = by_name["psutil"]["components"]
    content = hashlib.sha256((small / file["name"]).read_bytes()).hexdigest()
    assert file["hashes"] == [{"alg": "SHA-256", "content": content}]
    assert text == bill(tree, list(parts.values()))


def test_the_page_names_every_part_and_has_every_text_once(copy: Path) -> None:
    tree = read_tree(copy)
    parts = inventory(tree)
    page = write_page(tree, parts)
    assert page == copy / "_internal" / PAGE_FOLDER / "THIRD-PARTY.html"
    written = page.read_text(encoding="utf-8")
    assert all(part.name in written for part in parts)
    texts = {text for part in parts for text in part.texts}
    assert written.count("<pre id=") == len(texts) == len([*page.parent.glob("text-*.txt")])
    assert all(written.count(f">{escape(text)}</pre>") == 1 for text in texts)
    assert "http-equiv" in written
    assert not re.search(r"<(script|link|img|iframe)\b", written)
    # Made again, it is the same: what the first run wrote is no part of the tree.
    write_page(read_tree(copy), inventory(read_tree(copy)))
    assert page.read_text(encoding="utf-8") == written
