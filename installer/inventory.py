"""What is really in a built tree: Python's distributions, native libraries, data, and what is linked into them.

The tree itself is asked: the names of the modules in the executable's archive and the path of every file. They are looked
up in the wheels' own lists of files (RECORD) of the environment that this runs in, which must be the one that was built
from, and in native_libraries.toml. What is in neither stops the build.
"""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
import sysconfig
import tomllib
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

from license_expression import (
    ExpressionError,
    LicenseExpression,
    get_spdx_licensing,
)
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PyInstaller.archive.readers import ArchiveReadError, CArchiveReader

from installer.errors import BuildRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HERE = Path(__file__).parent
TABLE = HERE / "native_libraries.toml"
TEXTS = HERE / "licence_texts"

OWN = "martlive_desktop"
PAGE_FOLDER = f"{OWN}/resources/licences"

EXTENSION_MODULE = re.compile(r"\.(abi3|cpython-[\w-]+)\.so$|\.pyd$")
NATIVE = re.compile(r"\.(so|dll|dylib)(\.[\w.]+)?$|\.pyd$")

SHORTEST_FULL_TEXT = 7000
"""Characters: the shortest of Apache-2.0, MPL-2.0 and LGPL-3.0 has more."""

CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""Those that say one licence; "BSD License", say, does not."""

LICENSING = get_spdx_licensing()


@dataclass(frozen=True, slots=True)
class Part:
    """Something in the tree that somebody wrote, under one licence."""

    name: str
    kind: str
    """ "distribution", "library", "data", "linked" (into other parts' files) or "crate" (likewise, in Rust)."""
    licence: str
    """As an SPDX expression."""
    version: str = ""
    copyright: str = ""
    url: str = ""
    why: str = ""
    purl: str = ""
    files: tuple[str, ...] = ()
    """Paths beneath the tree."""
    texts: tuple[str, ...] = ()
    """The licence in full, and what must be said beside it."""
    within: str = ""
    """The distribution that brings it."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A built tree: its files, without links, by their path beneath `_internal` (macOS: Frameworks or Resources)."""

    folder: Path
    files: dict[str, Path]
    modules: frozenset[str]

    def path(self, name: str) -> str:
        return self.files[name].relative_to(self.folder).as_posix()


def read_tree(folder: Path) -> Tree:
    """Lists what is beneath `folder`, and the modules in the executables.

    Raises:
        BuildRefused: `folder` holds no program that PyInstaller built.
    """
    roots = [folder / "_internal"] if (folder / "_internal").exists() else sorted(folder.glob("Contents/[FR]*s"))
    files = {
        file.relative_to(root).as_posix(): file
        for root in roots
        for file in sorted(root.rglob("*"))
        if file.is_file() and not file.is_symlink() and PAGE_FOLDER not in file.as_posix()
    }
    programs = [*folder.iterdir(), *folder.glob("Contents/MacOS/*")]
    modules = {name for file in sorted(programs) if file.is_file() for name in _modules(file)}
    if not modules:
        raise BuildRefused(f"Build first: in {folder} is no program with its modules.")
    return Tree(folder, files, frozenset(modules))


def _modules(program: Path) -> Iterable[str]:
    try:
        archive = CArchiveReader(str(program))
    except ArchiveReadError:
        return []
    scripts = [name for name, entry in archive.toc.items() if entry[4] in "msM"]
    inner = [name for name, entry in archive.toc.items() if entry[4] == "z"]
    return [*scripts, *(name for each in inner for name in archive.open_embedded_archive(each).toc)]


def inventory(tree: Tree) -> list[Part]:
    """Every part of `tree` but MartLive itself, each file in one.

    Raises:
        BuildRefused: a file or a module is nobody's, or a part has no licence, no text, or another one than was written down.
    """
    table = _table()
    owners = _owners()
    entries = [dict(entry, files=tuple(entry["files"])) for entry in table["part"]]
    whole, linked = [e for e in entries if not e.get("inside")], [e for e in entries if e.get("inside")]
    held: dict[tuple[int, str], list[str]] = {}
    wheels: dict[str, list[str]] = {}
    unknown = []
    for name in tree.files:
        number = next((n for n, entry in enumerate(whole) if _fits(name, entry["files"])), None)
        if number is not None:
            held.setdefault((number, owners.get(name, "")), []).append(name)
        elif name in owners and not (NATIVE.search(name) and not EXTENSION_MODULE.search(name)):
            wheels.setdefault(owners[name], []).append(name)
        elif not name.startswith(f"{OWN}/"):
            unknown.append(f"file {name}")
    named, strange = _distributions_of(tree.modules, owners)
    unknown += [f"module {name}" for name in strange]
    if unknown:
        raise BuildRefused(
            "Say in installer/native_libraries.toml whose these are, and under which licence:", tuple(unknown)
        )
    by_name: dict[str, Distribution] = {canonicalize_name(each.name): each for each in distributions()}
    found = sorted((named | set(wheels) | {"pyinstaller"}) - {"martlive"})
    overrides, reasons = table["distributions"], _reasons([by_name[name] for name in found])
    parts = [
        _of_distribution(by_name[name], wheels.get(name, []), overrides.get(name, {}), reasons.get(name, ""), tree)
        for name in found
    ]
    parts += [_of_entry(whole[number], names, owners, by_name, tree) for (number, _), names in sorted(held.items())]
    for entry in linked:
        names = [name for name in tree.files if _fits(name, entry["files"])]
        if _found(entry["mark"] if "mark" in entry else entry["version"], names, tree):
            parts.append(replace(_of_entry(entry, names, owners, by_name, tree), kind="linked", files=()))
    parts += [crate for name in found for crate in _crates(by_name[name])]
    _check(parts, table["allowed"])
    return sorted(parts, key=lambda part: part.name.casefold())


def accepted(expression: str, allowed: Sequence[str]) -> list[str] | None:
    """The licences of `expression` that are kept to, of an OR the first that is allowed; None: one is not allowed."""
    return _accepted(LICENSING.parse(expression), allowed)


def _accepted(parsed: LicenseExpression, allowed: Sequence[str]) -> list[str] | None:
    if isinstance(parsed, LICENSING.OR):
        return next((keys for each in parsed.args if (keys := _accepted(each, allowed)) is not None), None)
    if isinstance(parsed, LICENSING.AND):
        each = [_accepted(argument, allowed) for argument in parsed.args]
        return None if None in each else [key for keys in each for key in keys or ()]
    key = str(parsed)
    return [key] if key in allowed else None


def _check(parts: Sequence[Part], allowed: Sequence[str]) -> None:
    problems = []
    for part in parts:
        if not part.licence:
            problems.append(f"{part.name}: which licence?")
        elif accepted(part.licence, allowed) is None:
            problems.append(f"{part.name}: {part.licence} may not be in the binary")
        elif not part.texts and part.kind != "crate":
            problems.append(f"{part.name}: where is the text of {part.licence}?")
    if problems:
        raise BuildRefused("Mend installer/native_libraries.toml, or leave these out of the build:", tuple(problems))


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


@cache
def _owners() -> dict[str, str]:
    """Which distribution brought a file, by its path in site-packages."""
    return {
        file.as_posix(): name
        for each in distributions()
        for name in (canonicalize_name(each.name),)
        for file in each.files or ()
        if "__pycache__" not in file.parts
    }


def _distributions_of(modules: Iterable[str], owners: dict[str, str]) -> tuple[set[str], list[str]]:
    folders = {parent for name in owners for parent in _parents(name)}
    found, strange = set(), []
    for module in sorted(modules):
        top, path = module.partition(".")[0], module.replace(".", "/")
        owner = owners.get(f"{path}/__init__.py") or owners.get(f"{path}.py")
        if owner:
            found.add(owner)
        elif top.startswith(("pyimod", "pyi_rth", "pyiboot", "_pyi_rth")) or top in {OWN, "__main__"}:
            continue
        elif top not in sys.stdlib_module_names and not top.startswith("_sysconfigdata") and path not in folders:
            strange.append(module)
    return found, strange


def _parents(name: str) -> list[str]:
    steps = name.split("/")[:-1]
    return ["/".join(steps[: count + 1]) for count in range(len(steps))]


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _found(pattern: str, names: Iterable[str], tree: Tree) -> str:
    """What the first group of `pattern`, or all of it, matches in the first file that has it."""
    compiled = re.compile(pattern.encode())
    for name in names:
        match = compiled.search(tree.files[name].read_bytes())
        if match:
            return match[compiled.groups and 1].decode()
    return ""


def _of_distribution(each: Distribution, files: list[str], override: dict[str, Any], why: str, tree: Tree) -> Part:
    name = canonicalize_name(each.name)
    licence = override.get("licence") or _licence(each)
    own = [
        file
        for file in each.files or ()
        if file.parts[0].endswith(".dist-info")
        and re.search(r"LICEN[CS]E|COPYING|NOTICE", file.as_posix(), re.IGNORECASE)
        and file.suffix not in {".py", ".pyc"}
    ]
    texts = [Path(str(each.locate_file(file))).read_text(encoding="utf-8", errors="replace") for file in own]
    for reference in override.get("texts", ()):
        texts += _text(reference, tree, "")
    return Part(
        name=name,
        kind="distribution",
        licence=licence,
        version=each.version,
        copyright=override.get("copyright", ""),
        url=_home(each),
        why=override.get("why") or why or _said(each, "Summary"),
        purl=f"pkg:pypi/{name}@{each.version}",
        files=tuple(tree.path(file) for file in files),
        texts=_complete(texts, licence),
    )


def _said(each: Distribution, field: str) -> str:
    return str((each.metadata.get_all(field) or [""])[0])


def _licence(each: Distribution) -> str:
    for said in (_said(each, "License-Expression"), _said(each, "License")):
        if said and len(said) < 100 and not _errors(said):
            return said
    classifiers = [line.rpartition(" :: ")[2] for line in each.metadata.get_all("Classifier") or ()]
    known = {CLASSIFIERS[name] for name in classifiers if name in CLASSIFIERS}
    return known.pop() if len(known) == 1 else ""


def _errors(expression: str) -> bool:
    try:
        return bool(LICENSING.validate(expression).errors)
    except ExpressionError:
        return True


def _home(each: Distribution) -> str:
    links = [line.partition(", ")[::2] for line in each.metadata.get_all("Project-URL") or ()]
    wanted = [url for label, url in links if re.search("source|repo|code|home", label, re.IGNORECASE)]
    return next(iter(wanted), _said(each, "Home-page"))


def _of_entry(
    entry: dict[str, Any],
    names: list[str],
    owners: dict[str, str],
    by_name: dict[str, Distribution],
    tree: Tree,
) -> Part:
    within = owners.get(names[0], "")
    packages = _packages(names) if entry.get("system") else {}
    version = next(iter(packages.values()), "") or _version(entry.get("version", ""), names, tree)
    texts = []
    for reference in entry.get("texts", ()):
        texts += _text(reference, tree, next(iter(packages), ""))
    if "mark" in entry and not entry.get("inside") and not all(_found(entry["mark"], [name], tree) for name in names):
        raise BuildRefused(f"Look at the licence of {entry['name']} anew: its files no longer say “{entry['mark']}”.")
    return Part(
        name=entry["name"],
        kind="library" if any(NATIVE.search(name) for name in names) else "data",
        licence=entry["licence"],
        version=version or (_named_version(entry["name"], names, by_name[within]) if within else ""),
        copyright=entry.get("copyright", ""),
        url=entry.get("url", ""),
        why=entry.get("why", f"comes with {within}" if within else "comes with the system’s libraries"),
        files=tuple(tree.path(name) for name in names),
        texts=_complete(texts, entry["licence"]),
        within=within,
    )


def _version(pattern: str, names: list[str], tree: Tree) -> str:
    if pattern == "python":
        return platform.python_version()
    return _found(pattern, names, tree) if pattern else ""


def _text(reference: str, tree: Tree, package: str) -> list[str]:
    place, _, name = reference.partition(":")
    if place == "tree":
        file = tree.files[name]
    elif place == "licence":
        file = TEXTS / f"{name}.txt"
    elif place == "env":
        file = Path(sysconfig.get_path("purelib"), name)
    elif place == "dpkg":
        file = Path("/usr/share/doc", package, "copyright")
    elif place == "python":
        library = Path(sysconfig.get_path("stdlib"))
        file = next(
            (folder / "LICENSE.txt" for folder in (library, library.parent) if (folder / "LICENSE.txt").exists()),
            library,
        )
    else:
        wheel, _, wanted = name.partition("/")
        each = Distribution.from_name(wheel)
        found = [file for file in each.files or () if file.name == wanted]
        file = Path(str(each.locate_file(found[0]))) if found else Path()
    return [file.read_text(encoding="utf-8", errors="replace")] if file.is_file() else []


def _standard(licence: str) -> list[str]:
    """The texts of licences that are the same for everybody; none where one of them is not kept here."""
    names = []
    for key in accepted(licence, _table()["allowed"]) or ():
        for one in key.split(" WITH "):
            base = one.removesuffix("-only").removesuffix("-or-later").replace("LGPL-2.0", "LGPL-2.1")
            # LGPL 3 is what it adds to GPL 3.
            names += ["LGPL-3.0", "GPL-3.0"] if base == "LGPL-3.0" else [base]
    files = [TEXTS / f"{name}.txt" for name in names]
    return [file.read_text(encoding="utf-8") for file in files] if all(file.exists() for file in files) else []


def _complete(texts: list[str], licence: str) -> tuple[str, ...]:
    """With the licence itself where a wheel or a package only points at it."""
    is_notice = "Apache" in licence or "MPL" in licence or "LGPL" in licence
    if texts and not (is_notice and max(len(text) for text in texts) < SHORTEST_FULL_TEXT):
        return tuple(texts)
    return (*texts, *_standard(licence))


def _packages(names: Iterable[str]) -> dict[str, str]:
    """The system's packages that libraries came from, with their versions; nothing where dpkg is not."""
    patterns = [f"*/{name.rpartition('/')[2]}" for name in names]
    listed = _output("dpkg-query", "--search", *patterns)
    found = dict.fromkeys(
        line.partition(":")[0] for line in listed.splitlines() if "cross" not in line and "dbg" not in line
    )
    return {name: _output("dpkg-query", "--show", "--showformat=${Version}\n", name).split("\n")[0] for name in found}


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, check=False, capture_output=True, text=True).stdout  # noqa: S603
    except FileNotFoundError:
        return ""


def _boms(each: Distribution) -> list[dict[str, Any]]:
    files = [file for file in each.files or () if "sboms" in file.parts and file.suffix == ".json"]
    read = [json.loads(Path(str(each.locate_file(file))).read_text(encoding="utf-8")) for file in files]
    return [component for bom in read for component in bom.get("components", ())]


def _named_version(name: str, files: Iterable[str], each: Distribution) -> str:
    """What the wheel's own list of its parts says."""
    stems = {name.casefold(), *(re.split(r"[-.]", file.rpartition("/")[2])[0].casefold() for file in files)}
    said = [part.get("version") or "" for part in _boms(each) if part["name"].casefold() in stems]
    return next((version for version in said if version), "")


def _crates(each: Distribution) -> list[Part]:
    """What is linked into a wheel that was written in Rust: its own list says so."""
    crates = {}
    for part in _boms(each):
        if part.get("purl", "").startswith("pkg:cargo/") and "file://" not in part["purl"]:
            said = [entry.get("expression") or entry["license"].get("id", "") for entry in part.get("licenses", ())]
            crates[part["name"], part["version"]] = Part(
                name=part["name"],
                kind="crate",
                licence=" AND ".join(f"({one})" if " OR " in one else one for one in said).replace("/", " OR "),
                version=part["version"],
                why=f"in {canonicalize_name(each.name)}",
                purl=part["purl"].partition("?")[0],
                within=canonicalize_name(each.name),
            )
    return list(crates.values())


def _reasons(found: Sequence[Distribution]) -> dict[str, str]:
    """Why each distribution is there: docs/dependencies.md says it, or another one needs it."""
    said: dict[str, str] = {}
    for line in (HERE.parent / "docs/dependencies.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 5:
            said.update({canonicalize_name(name.split(" ")[0]): cells[2] for name in cells[0].split(", ")})
    for each in found:
        for line in each.requires or ():
            said.setdefault(canonicalize_name(Requirement(line).name), f"needed by {canonicalize_name(each.name)}")
    return said
