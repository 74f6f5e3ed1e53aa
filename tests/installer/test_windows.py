"""The installer for Windows: compiled here, read back, and run under Wine where that is."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from PIL import Image
from PIL.IcoImagePlugin import IcoImageFile

from installer.errors import BuildRefused
from installer.icons import MACOS_SIZES_PX, WINDOWS_SIZES_PX, draw, draw_all
from installer.windows import msix, version_words
from installer.windows.nsis import compile_installer, listed, numbers
from martlive_desktop import keeping, obs_password, remote
from martlive_desktop.adapters import autostart
from martlive_desktop.adapters.secrets import SERVICE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

needs_nsis = pytest.mark.skipif(not shutil.which("makensis"), reason="makensis is not there; install nsis")
needs_wine = pytest.mark.skipif(
    not (shutil.which("wine") and shutil.which("makensis")),
    reason="wine or makensis is not there; install wine64, nsis",
)
SCRIPT = Path("installer/windows/martlive.nsi").read_text(encoding="utf-8")
SIGNER = Path("installer/windows/sign.sh").resolve()

# Runs until MartLive is told to quit, as the desktop app does.
APP = r"""
Unicode true
Target amd64-unicode
OutFile "{out}"
RequestExecutionLevel user
SilentInstall silent
Name app
Section
  FileOpen $0 "$TEMP\started" w
  FileClose $0
  wait:
  Sleep 20
  IfFileExists "$TEMP\asked-quit" 0 wait
SectionEnd
"""
# Answers `status --json` with what lies in the file status, and notes what else it is asked.
COMMAND = r"""
Unicode true
Target amd64-unicode
OutFile "{out}"
RequestExecutionLevel user
SilentInstall silent
Name command
!include FileFunc.nsh
Section
  ${{GetParameters}} $0
  StrCmp $0 "status --json" 0 other
  ClearErrors
  FileOpen $1 "$TEMP\status" r
  IfErrors 0 +3
  SetErrorLevel 1
  Quit
  FileRead $1 $2
  FileClose $1
  StrLen $4 $2
  System::Call 'kernel32::GetStdHandle(i -11) p .r3'
  System::Call 'kernel32::WriteFile(p r3, m r2, i r4, *i .r5, p 0)'
  SetErrorLevel 0
  Quit
  other:
  FileOpen $1 "$TEMP\asked-$0" w
  FileClose $1
SectionEnd
"""
PATIENCE_S = 60.0
FILES = {
    "_internal/base.dll": "base",
    "_internal/martlive_desktop/resources/Report.txt": "one",
    "_internal/martlive_desktop/resources/odd & (1) name.txt": "odd",
    "_internal/zlib.pyd": "z",
    "LICENSE.txt": "licence",
}


@pytest.fixture(scope="module")
def icons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("icons")
    draw_all(folder)
    return folder


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("programs")
    for name, source in (("MartLiveApp.exe", APP), ("martlive.exe", COMMAND)):
        script = folder / "script.nsi"
        script.write_text(source.format(out=folder / name), encoding="utf-8")
        subprocess.run(["makensis", "-V1", "-WX", str(script)], check=True)
        script.unlink()
    return folder


def staged(folder: Path, files: dict[str, str], programs: Path | None = None) -> Path:
    for name in ("MartLiveApp.exe", "martlive.exe"):
        folder.mkdir(parents=True, exist_ok=True)
        if programs:
            shutil.copy(programs / name, folder)
        else:
            (folder / name).write_text("no real program")
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def waits_until(is_so: Callable[[], bool]) -> None:
    end_s, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while not is_so():
        assert time.monotonic() < end_s
        pause.wait(0.02)


# Without Windows.


def test_list_is_sorted_without_regard_to_case_and_folders_come_last_the_deepest_first(tmp_path: Path) -> None:
    tree = staged(tmp_path, {"_internal/b/x": "", "_internal/B.txt": "", "_internal/a_": "", "Readme": ""})
    assert listed(tree) == [
        "martlive.exe",
        "MartLiveApp.exe",
        "Readme",
        r"_internal\a_",
        r"_internal\B.txt",
        r"_internal\b\x",
        "_internal\\b\\",
        "_internal\\",
    ]


def test_tree_that_is_no_build_or_has_names_that_the_list_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildRefused, match="is no build for Windows") as caught:
        listed(tmp_path)
    assert caught.value.facts == ("MartLiveApp.exe", "martlive.exe")
    tree = staged(tmp_path, {"_internal/é": "", "Installed.txt": ""})
    with pytest.raises(BuildRefused, match="cannot take these names") as caught:
        listed(tree)
    assert caught.value.facts == ("_internal\\é", "installed.txt")


@pytest.mark.parametrize(("version", "windows"), [("0.1.0", "0.1.0.0"), ("1.20.3+abc", "1.20.3.0")])
def test_version_for_windows_has_four_numbers(version: str, windows: str) -> None:
    assert numbers(version) == windows


@pytest.mark.parametrize("version", ["1.2", "1.2.x", "1.2.3rc1"])
def test_version_that_windows_cannot_hold_is_refused(version: str) -> None:
    with pytest.raises(BuildRefused, match="no version of three numbers"):
        numbers(version)


def test_words_of_the_version_are_what_pyinstaller_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "version.txt"
    version_words.write(target, "1.2.3")
    # It imports these to read programs, which is not done here.
    monkeypatch.setitem(sys.modules, "pefile", ModuleType("pefile"))
    monkeypatch.setattr("PyInstaller.compat.win32api", None, raising=False)
    from PyInstaller.utils.win32 import versioninfo

    names = (
        "VSVersionInfo",
        "FixedFileInfo",
        "StringFileInfo",
        "StringTable",
        "StringStruct",
        "VarFileInfo",
        "VarStruct",
    )
    info = eval(target.read_text(), {name: getattr(versioninfo, name) for name in names})
    assert (info.ffi.fileVersionMS, info.ffi.fileVersionLS) == (1 << 16 | 2, 3 << 16)
    assert (info.ffi.productVersionMS, info.ffi.productVersionLS) == (1 << 16 | 2, 3 << 16)
    words = {word.name: word.val for word in info.kids[0].kids[0].kids}
    assert (words["FileVersion"], words["ProductVersion"], words["ProductName"]) == ("1.2.3", "1.2.3", "MartLive")


def test_icons_hold_every_size_and_are_drawn_not_shrunk(icons: Path) -> None:
    with Image.open(icons / "martlive.ico") as icon:
        assert icon.info["sizes"] == {(size, size) for size in WINDOWS_SIZES_PX}
        assert isinstance(icon, IcoImageFile)
        assert icon.ico.getimage((32, 32)).convert("RGBA").tobytes() == draw(32).tobytes()
    with Image.open(icons / "martlive.icns") as icon:
        assert max(icon.info["sizes"]) == (512, 512, 2)
        assert set(MACOS_SIZES_PX) == {width * scale for width, _, scale in icon.info["sizes"]}
    picture = draw(64)
    # The corner is empty, the ground is dark, the ring is blue.
    assert picture.getpixel((0, 0)) == (0, 0, 0, 0)
    assert picture.getpixel((32, 18)) == (0x11, 0x13, 0x18, 255)
    assert picture.getpixel((32, 11)) == (0x4D, 0xA3, 0xFF, 255)
    assert draw(1024, 100 / 1024).getbbox() == (103, 103, 921, 921)


NAMESPACES = {
    "": "http://schemas.microsoft.com/appx/manifest/foundation/windows10",
    "uap": "http://schemas.microsoft.com/appx/manifest/uap/windows10",
    "uap5": "http://schemas.microsoft.com/appx/manifest/uap/windows10/5",
    "desktop": "http://schemas.microsoft.com/appx/manifest/desktop/windows10",
    "rescap": "http://schemas.microsoft.com/appx/manifest/foundation/windows10/restrictedcapabilities",
}


def test_msix_has_what_windows_asks_for_and_lists_every_file(tmp_path: Path, icons: Path) -> None:
    tree = staged(tmp_path / "tree", FILES)
    mapping = msix.prepare(tree, tmp_path / "msix", icons=icons, publisher='CN="Mart & Live", C=DE', version="1.2.3")
    root = ET.parse(tmp_path / "msix/AppxManifest.xml").getroot()

    def one(path: str) -> dict[str, str]:
        found = root.findall(path, NAMESPACES)
        assert len(found) == 1, path
        return found[0].attrib

    assert one("Identity") == {
        "Name": "MartLive.MartLive",
        "Publisher": 'CN="Mart & Live", C=DE',
        "Version": "1.2.3.0",
        "ProcessorArchitecture": "x64",
    }
    assert one("Dependencies/TargetDeviceFamily")["MinVersion"] == "10.0.17763.0"
    assert one("Applications/Application")["EntryPoint"] == "Windows.FullTrustApplication"
    assert one("Applications/Application")["Executable"] == "MartLiveApp.exe"
    assert one("Capabilities/DeviceCapability") == {"Name": "microphone"}
    assert one("Capabilities/rescap:Capability") == {"Name": "runFullTrust"}
    assert one(".//uap5:ExecutionAlias") == {"Alias": "martlive.exe"}
    task = one(".//desktop:StartupTask")
    assert (task["Enabled"], task["TaskId"], task["DisplayName"]) == ("false", "MartLive", "MartLive")
    assert [language.attrib for language in root.findall("Resources/Resource", NAMESPACES)] == [
        {"Language": "en"},
        {"Language": "zh-Hans"},
    ]

    head, *lines = mapping.read_text(encoding="utf-8").splitlines()
    pairs = {target: source for line in lines for source, target in re.findall(r'^"(.+)" "(.+)"$', line)}
    assert head == "[Files]"
    assert all(Path(source).is_file() for source in pairs.values())
    assert set(pairs) >= {"AppxManifest.xml", "martlive.exe", r"_internal\zlib.pyd"}
    named = re.findall(r"Assets\\[\w.]+\.png", (tmp_path / "msix/AppxManifest.xml").read_text(encoding="utf-8"))
    assert {*named} == {rf"Assets\{name}.png" for name in ("StoreLogo", "Square44x44Logo", "Square150x150Logo")}
    assert {*named} <= set(pairs)


def signing(tmp_path: Path, **environment: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """The signer's answer for two files, and what the signtool that stands in for Microsoft's was asked."""
    tools, asked = tmp_path / "tools", tmp_path / "asked"
    tools.mkdir()
    tool = tools / "signtool"
    tool.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>"{asked}"\n')
    tool.chmod(0o755)
    done = subprocess.run(
        [SIGNER, "MartLive setup.exe", "martlive.exe"],
        env={"PATH": f"{tools}:{os.environ['PATH']}", "TMPDIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done, asked.read_text() if asked.exists() else ""


def test_without_a_certificate_the_build_says_that_it_is_unsigned(tmp_path: Path) -> None:
    done, asked = signing(tmp_path)
    assert (done.returncode, asked) == (0, "")
    assert (
        done.stdout
        == "unsigned build: MARTLIVE_SIGN_PFX is not set, so Windows will warn of MartLive setup.exe martlive.exe\n"
    )


def test_signer_gives_signtool_the_certificate_and_leaves_none(tmp_path: Path) -> None:
    done, asked = signing(tmp_path, MARTLIVE_SIGN_PFX="Y2VydA==", MARTLIVE_SIGN_PASSWORD="pass word")
    assert (done.returncode, done.stderr) == (0, "")
    words = asked.splitlines()
    assert words[:4] == ["sign", "/fd", "SHA256", "/td"]
    assert words[words.index("/p") + 1] == "pass word"
    assert words[-2:] == ["MartLive setup.exe", "martlive.exe"]
    assert not Path(words[words.index("/f") + 1]).exists()
    assert "pass word" not in done.stdout


def test_certificate_without_a_password_is_one_sentence(tmp_path: Path) -> None:
    done, asked = signing(tmp_path, MARTLIVE_SIGN_PFX="Y2VydA==")
    assert (done.returncode, asked) == (1, "")
    assert done.stderr == "sign.sh: MARTLIVE_SIGN_PASSWORD is not set; give the password of MARTLIVE_SIGN_PFX.\n"


def test_every_word_is_there_in_both_languages() -> None:
    words = dict.fromkeys(re.findall(r"^!insertmacro Words (\w+)", SCRIPT, re.M))
    pairs = re.findall(r'^!insertmacro Words (\w+)(?: \\\n)? +"([^"]+)"(?: \\\n)? +"([^"]+)"', SCRIPT, re.M)
    assert [name for name, _, _ in pairs] == list(words)
    assert {*re.findall(r"\$\((\w+)\)", SCRIPT)} == set(words)
    for name, english, chinese in pairs:
        assert english.isascii(), name
        assert name == "PROGRAM_NAME" or re.search("[\u4e00-\u9fff]", chinese), name
        assert re.findall(r"\$\d", english) == re.findall(r"\$\d", chinese), name


def test_uninstaller_knows_what_the_program_keeps_outside_of_its_folder() -> None:
    keys = dict(re.findall(r'^!define (\w+_KEY) "(.+)"', SCRIPT, re.M))
    assert keys["RUN_KEY"] == autostart.RUN_KEY
    assert keys["APPROVED_KEY"] == autostart.APPROVED_KEY
    assert f'DeleteRegValue HKCU "${{RUN_KEY}}" "{autostart.NAME}"' in SCRIPT
    kept = {SERVICE, *(f"{name}@{SERVICE}" for name in (keeping.SECRET, obs_password.SECRET, remote.SECRET))}
    assert {*re.findall(r'!insertmacro Forget "(.+)"', SCRIPT)} == kept


@needs_nsis
def test_installer_is_a_windows_program_with_every_file_version_and_both_languages(tmp_path: Path, icons: Path) -> None:
    tree = staged(tmp_path / "tree", FILES)
    target = tmp_path / "MartLive-setup.exe"
    compile_installer(tree, target, icon=icons / "martlive.ico", version="1.2.3")
    raw = target.read_bytes()
    [start] = struct.unpack_from("<I", raw, 0x3C)
    assert raw[:2] == b"MZ"
    # For i386, so that it starts on every Windows and says there if the program would not.
    assert raw[start : start + 6] == b"PE\0\0\x4c\x01"
    assert "1.2.3.0" not in SCRIPT
    assert "FileVersion\0".encode("utf-16-le") + b"\0\0" + "1.2.3".encode("utf-16-le") in raw.replace(
        "FileVersion\0\0".encode("utf-16-le"), "FileVersion\0".encode("utf-16-le") + b"\0\0"
    )
    assert b'requestedExecutionLevel level="asInvoker"' in raw
    # The resources hold a page of dialogs for each language, by its number.
    if shutil.which("7z"):
        names = subprocess.run(["7z", "l", "-slt", str(target)], capture_output=True, text=True, check=True).stdout
        for name in [*FILES, "martlive.exe", "MartLiveApp.exe", "installed.txt", "uninstall.exe"]:
            assert name.rpartition("/")[2] in names
        unpacked = tmp_path / "unpacked"
        subprocess.run(["7z", "x", f"-o{unpacked}", str(target)], capture_output=True, check=True)
        assert next(unpacked.rglob("Report.txt")).read_text() == "one"


@needs_nsis
def test_uninstaller_and_installer_are_signed_each_once(tmp_path: Path, icons: Path) -> None:
    signer, signed = tmp_path / "sign", tmp_path / "signed"
    signer.write_text(f'#!/bin/sh\nhead -c 2 "$1" >>"{signed}"\necho " $1" >>"{signed}"\n')
    signer.chmod(0o755)
    target = tmp_path / "MartLive-setup.exe"
    compile_installer(staged(tmp_path / "tree", FILES), target, icon=icons / "martlive.ico", sign=str(signer))
    uninstaller, installer = signed.read_text().splitlines()
    assert uninstaller.startswith("MZ ")
    assert installer == f"MZ {target}"


@needs_nsis
def test_script_that_nsis_refuses_is_one_sentence_with_what_it_says(tmp_path: Path) -> None:
    with pytest.raises(BuildRefused, match="makensis refuses; mend what it says") as caught:
        compile_installer(staged(tmp_path / "tree", FILES), tmp_path / "setup.exe", icon=tmp_path / "none.ico")
    assert any("none.ico" in fact for fact in caught.value.facts)


# Under Wine: the same script, compiled for the 64 bits that Debian's Wine runs without more packages.


class Windows:
    """A made-up computer: Wine, and what lies on its disk and in its registry."""

    def __init__(self, prefix: Path, build: Callable[[dict[str, str], str], Path]) -> None:
        self.prefix = prefix
        self.build = build
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(prefix.parent),
            "WINEPREFIX": str(prefix),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d",
            "USER": "seller",
        }
        self.home = prefix / "drive_c/users/seller"
        self.local = self.home / "AppData/Local"
        self.programs = self.local / "Programs/MartLive"
        self.data = self.local / "martlive"
        self.menu = self.home / "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/MartLive.lnk"

    def run(self, *command: str | Path) -> int:
        """The exit code."""
        return subprocess.run(self.command(*command), env=self.environment, check=False, timeout=PATIENCE_S).returncode

    def command(self, *words: str | Path) -> list[str]:
        return ["wine", *map(str, words)]

    def uninstall(self, *options: str) -> None:
        """Until the last thing that it does is done: the program that is started only starts another."""
        assert self.run(self.programs / "uninstall.exe", "/S", *options) == 0
        waits_until(lambda: not self.entry())

    def keep(self, key: str, name: str, value: str, kind: str = "REG_SZ") -> None:
        assert self.run("reg", "add", rf"HKCU\{key}", "/v", name, "/t", kind, "/d", value, "/f") == 0

    def values(self, key: str) -> dict[str, str]:
        """What the registry keeps for the user under `key`."""
        asked = subprocess.run(
            self.command("reg", "query", rf"HKCU\{key}"),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return dict(re.findall(r"^ {4}(.+?) {4}REG_\w+ {4}(.*?)\r?$", asked.stdout, re.MULTILINE))

    def entry(self) -> dict[str, str]:
        return self.values(r"Software\Microsoft\Windows\CurrentVersion\Uninstall\MartLive")

    def files(self) -> set[str]:
        return {str(path.relative_to(self.programs)) for path in self.programs.rglob("*") if path.is_file()}

    @property
    def temporary(self) -> Path:
        return self.home / "Temp"


WINDOWS_FOLDER = r"C:\users\seller\AppData\Local\Programs\MartLive"
OWN = {"MartLiveApp.exe", "martlive.exe", "installed.txt", "uninstall.exe"}


@pytest.fixture(scope="module")
def computer(tmp_path_factory: pytest.TempPathFactory, icons: Path, programs: Path) -> Iterator[Windows]:
    folder = tmp_path_factory.mktemp("windows")
    built: dict[str, Path] = {}

    def build(files: dict[str, str], version: str) -> Path:
        target = folder / f"setup-{version}.exe"
        if version not in built:
            tree = staged(folder / version, files, programs)
            compile_installer(tree, target, icon=icons / "martlive.ico", version=version, cpu="amd64-unicode")
            built[version] = target
        return target

    one = Windows(folder / "prefix", build)
    one.run("wineboot", "--init")
    yield one
    subprocess.run(["wineserver", "-k"], env=one.environment, check=False)
    # Half a gigabyte of Wine's own files.
    shutil.rmtree(folder)


@pytest.fixture
def windows(computer: Windows) -> Iterator[Windows]:
    computer.run("winecfg", "/v", "win10")
    yield computer
    computer.run("reg", "delete", r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\MartLive", "/f")
    for path in (computer.programs, computer.data):
        shutil.rmtree(path, ignore_errors=True)
    for path in computer.temporary.glob("*"):
        if path.is_file():
            path.unlink()


@needs_wine
@pytest.mark.real
def test_installed_upgraded_and_uninstalled_it_leaves_the_users_things_and_nothing_else(windows: Windows) -> None:
    assert windows.run(windows.build(FILES, "1.2.3"), "/S") == 0
    assert windows.files() == {*FILES, *OWN}
    assert (windows.programs / "_internal/martlive_desktop/resources/odd & (1) name.txt").read_text() == "odd"
    entry = windows.entry()
    assert entry["DisplayVersion"] == "1.2.3"
    assert entry["QuietUninstallString"] == rf'"{WINDOWS_FOLDER}\uninstall.exe" /S'
    assert int(entry["EstimatedSize"], 16) > 100
    assert "MartLiveApp.exe".encode("utf-16-le") in windows.menu.read_bytes()
    assert "Path" not in windows.values("Environment")

    # What somebody put there stays, and what lies in the same folders as what is gone.
    (windows.programs / "_internal/mine.txt").write_text("mine")
    newer = {name: "two" for name in FILES if "zlib" not in name and "odd" not in name}
    newer |= {"_internal/martlive_desktop/resources/report.txt": "two", "_internal/new/more.dll": "new"}
    del newer["_internal/martlive_desktop/resources/Report.txt"]
    assert windows.run(windows.build(newer, "1.3.0"), "/S") == 0
    left = {name.lower() for name in windows.files()}
    assert left == {name.lower() for name in {*newer, *OWN, "_internal/mine.txt"}}
    assert (windows.programs / "_internal/base.dll").read_text() == "two"
    assert windows.entry()["DisplayVersion"] == "1.3.0"

    windows.keep(autostart.RUN_KEY, "MartLive", rf'"{WINDOWS_FOLDER}\MartLiveApp.exe" --wait')
    windows.keep(autostart.RUN_KEY, "Other", "other.exe")
    for name in (
        "sessions/sessions.db",
        "settings.toml",
        "models/m.bin",
        "components/cuda/x.dll",
        "versions/2/martlive.exe",
    ):
        (windows.data / name).parent.mkdir(parents=True, exist_ok=True)
        (windows.data / name).write_text("x")
    windows.uninstall()
    assert windows.files() == {"_internal/mine.txt"}
    assert not windows.menu.exists()
    assert windows.values(autostart.RUN_KEY) == {"Other": "other.exe"}
    assert {path.name for path in windows.data.iterdir()} == {"sessions", "settings.toml", "models"}


@needs_wine
@pytest.mark.real
def test_purge_deletes_what_is_the_users_too(windows: Windows) -> None:
    assert windows.run(windows.build(FILES, "1.2.3"), "/S") == 0
    (windows.data / "sessions").mkdir(parents=True)
    (windows.data / "settings.toml").write_text("x")
    (windows.local / "martlive-notes").mkdir(exist_ok=True)
    windows.uninstall("/PURGE")
    assert not windows.data.exists()
    assert not windows.programs.exists()
    assert (windows.local / "martlive-notes").exists()


@needs_wine
@pytest.mark.real
def test_path_is_added_to_only_when_asked_and_given_back_as_it_was_however_long(windows: Windows) -> None:
    long = ";".join(rf"%USERPROFILE%\tool-{number:03}" for number in range(100)) + ";"
    assert len(long) > 2048
    windows.keep("Environment", "Path", long, "REG_EXPAND_SZ")
    assert windows.run(windows.build(FILES, "1.2.3"), "/S", "/PATH") == 0
    assert windows.values("Environment")["Path"] == long + WINDOWS_FOLDER
    # The upgrade remembers it, and adds it once.
    assert windows.run(windows.build(FILES, "1.2.3"), "/S") == 0
    assert windows.values("Environment")["Path"] == long + WINDOWS_FOLDER
    windows.uninstall()
    # But for the semicolon at its end.
    assert windows.values("Environment")["Path"] == long[:-1]
    assert windows.run("reg", "delete", r"HKCU\Environment", "/v", "Path", "/f") == 0


@needs_wine
@pytest.mark.real
def test_in_another_folder_it_takes_only_what_it_brought(windows: Windows) -> None:
    folder = windows.prefix / "drive_c/Mine"
    folder.mkdir()
    (folder / "diary.txt").write_text("mine")
    assert windows.run(windows.build(FILES, "1.2.3"), "/S", r"/D=C:\Mine") == 0
    assert (folder / "_internal/zlib.pyd").exists()
    # The next version goes there, wherever else it is told to go.
    assert windows.run(windows.build(FILES, "1.2.3"), "/S", r"/D=C:\Other") == 0
    assert not folder.with_name("Other").exists()
    assert windows.run(folder / "uninstall.exe", "/S") == 0
    waits_until(lambda: not windows.entry())
    assert [path.name for path in folder.iterdir()] == ["diary.txt"]
    shutil.rmtree(folder)


@needs_wine
@pytest.mark.real
@pytest.mark.parametrize(
    ("doing", "status", "quits"),
    [
        ("install", '{"coaching": true, "show": false}', True),
        ("uninstall", '{"coaching": true, "show": false}', True),
        ("install", '{"coaching": true, "show": true}', False),
        ("uninstall", None, False),
    ],
    ids=["at rest", "at rest, uninstall", "show is on", "no answer, uninstall"],
)
def test_running_martlive_is_asked_to_quit_and_a_show_is_never_ended_in_silence(
    windows: Windows, doing: str, status: str | None, quits: bool
) -> None:
    installer = windows.build(FILES, "1.2.3")
    assert windows.run(installer, "/S") == 0
    if status:
        (windows.temporary / "status").write_text(status)
    app = subprocess.Popen(windows.command(windows.programs / "MartLiveApp.exe"), env=windows.environment)
    waits_until((windows.temporary / "started").exists)
    # With this option the uninstaller does not start a copy of itself, and its exit code is told.
    command: list[str | Path] = (
        [installer, "/S"] if doing == "install" else [windows.programs / "uninstall.exe", "/S", f"_?={WINDOWS_FOLDER}"]
    )
    try:
        assert windows.run(*command) == (0 if quits else 3)
        assert (windows.temporary / "asked-quit").exists() == quits
        assert (app.poll() is None) == (not quits)
        assert (windows.programs / "_internal/base.dll").exists() == (doing == "install" or not quits)
    finally:
        (windows.temporary / "asked-quit").touch()
        app.wait(PATIENCE_S)


@needs_wine
@pytest.mark.real
def test_windows_that_is_too_old_is_left_as_it_was(windows: Windows) -> None:
    windows.run("winecfg", "/v", "win7")
    assert windows.run(windows.build(FILES, "1.2.3"), "/S") == 2
    assert not windows.programs.exists()
