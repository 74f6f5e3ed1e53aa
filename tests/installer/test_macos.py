"""What makes MartLive an app for macOS: read as macOS reads it; the scripts run with tools that only note what they are asked."""

from __future__ import annotations

import os
import plistlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

MACOS = Path("installer/macos").resolve()
FACTS = plistlib.loads((MACOS / "Info.plist").read_bytes())
CREDENTIALS = {
    "MARTLIVE_SIGN_IDENTITY": "Developer ID Application: Mart (T3AM)",
    "MARTLIVE_NOTARY_KEY": "-----BEGIN PRIVATE KEY-----",
    "MARTLIVE_NOTARY_KEY_ID": "K3Y",
    "MARTLIVE_NOTARY_ISSUER": "1ssuer",
}
NOTES = """#!/bin/bash
{ printf '%s' "${0##*/}"; printf '|%s' "$@"; echo; } >>"$NOTED"
"""
TOOLS = {
    "codesign": NOTES,
    "ditto": NOTES + 'for last; do :; done; [[ $1 == -c ]] && touch "$last" || cp -R "$1" "$2"\n',
    "hdiutil": NOTES + 'for last; do :; done; find "$5" | sort >"$last"\n',
    "xcrun": NOTES + '[[ $1 != notarytool ]] || { cat "$6" >"$NOTED.key"; echo "  status: $APPLE_SAYS"; }\n',
    "security": NOTES + '[[ $1 != import ]] || cat "$2" >"$NOTED.certificate"\n',
    "file": '#!/bin/bash\ncase $(head -c 4 "$2") in MACH) echo "Mach-O 64-bit" ;; *) echo text ;; esac\n',
}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """As PyInstaller lays it out, with programs that begin with MACH."""
    contents = tmp_path / "MartLive.app/Contents"
    for name, text, mode in (
        ("MacOS/martlive", "MACH", 0o755),
        ("Frameworks/libpython.dylib", "MACH", 0o644),
        ("Frameworks/av/core.so", "MACH", 0o644),
        ("Frameworks/QtCore.framework/Versions/A/QtCore", "MACH", 0o755),
        ("Frameworks/QtCore.framework/Versions/A/Resources/Info.plist", "plain", 0o644),
        ("Resources/run.sh", "plain", 0o755),
    ):
        path = contents / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
    return contents.parent


def run(
    script: str, *words: str | Path, tmp_path: Path, apple_says: str = "Accepted", **environment: str
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """The script's answer, and what the system's tools were asked, in order; paths begin at `tmp_path`."""
    tools = tmp_path / "tools"
    tools.mkdir(exist_ok=True)
    for name, text in TOOLS.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    noted = tmp_path / "noted"
    noted.unlink(missing_ok=True)
    done = subprocess.run(
        [MACOS / script, *words],
        env={
            "PATH": f"{tools}:{os.environ['PATH']}",
            "TMPDIR": str(tmp_path),
            "NOTED": str(noted),
            "APPLE_SAYS": apple_says,
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    asked = (
        noted.read_text().replace(f"{tmp_path}/", "").replace(str(MACOS), "installer/macos") if noted.exists() else ""
    )
    return done, asked.splitlines()


def test_app_is_seen_in_the_dock_and_says_why_it_asks_for_the_microphone_and_the_screen() -> None:
    assert FACTS["CFBundleIdentifier"] == "io.github.martlive.MartLive"
    assert (FACTS["LSUIElement"], FACTS["LSBackgroundOnly"]) == (False, False)
    assert FACTS["LSMinimumSystemVersion"] == "14.0"
    assert FACTS["CFBundleLocalizations"] == ["en", "zh-Hans"]
    assert "CFBundleVersion" not in FACTS
    assert FACTS["NSMicrophoneUsageDescription"].startswith("MartLive listens to you while you stream")


@pytest.mark.parametrize("language", FACTS["CFBundleLocalizations"])
def test_every_sentence_that_macos_shows_is_there_in_each_language(language: str) -> None:
    text = (MACOS / f"{language}.lproj/InfoPlist.strings").read_text(encoding="utf-8")
    lines = [re.fullmatch(r'(\w+) = "([^"\\]+)";', line) for line in text.splitlines()]
    words = {line[1]: line[2] for line in lines if line}
    assert len(words) == len(lines)
    wanted = {key: value for key, value in FACTS.items() if key.endswith("UsageDescription")}
    assert set(words) == set(wanted)
    if language == "en":
        assert words == wanted
    else:
        assert all(re.search("[\u4e00-\u9fff]", sentence) for sentence in words.values())


def test_hardened_runtime_gives_away_nothing_but_the_microphone() -> None:
    assert plistlib.loads((MACOS / "entitlements.plist").read_bytes()) == {
        "com.apple.security.device.audio-input": True
    }


@pytest.mark.parametrize("script", ["dmg.sh", "keychain.sh", "notarise.sh"])
def test_scripts_are_sound(script: str) -> None:
    subprocess.run(["bash", "-n", MACOS / script], check=True)
    assert os.access(MACOS / script, os.X_OK)
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", MACOS / script], check=True)


def test_app_is_signed_from_the_inside_out_then_notarised_and_stapled(app: Path, tmp_path: Path) -> None:
    done, asked = run("notarise.sh", app, tmp_path=tmp_path, **CREDENTIALS)
    assert (done.returncode, done.stdout) == (0, "")
    chinese = app / "Contents/Resources/zh-Hans.lproj/InfoPlist.strings"
    assert chinese.read_bytes() == (MACOS / "zh-Hans.lproj/InfoPlist.strings").read_bytes()
    sign = "codesign|--force|--timestamp|--options|runtime|--sign|Developer ID Application: Mart (T3AM)|"
    frameworks = "MartLive.app/Contents/Frameworks"
    assert sorted(asked[:3]) == [
        f"{sign}{frameworks}/QtCore.framework/Versions/A/QtCore",
        f"{sign}{frameworks}/av/core.so",
        f"{sign}{frameworks}/libpython.dylib",
    ]
    assert asked[3:6] == [
        f"{sign}{frameworks}/QtCore.framework",
        f"{sign}--entitlements|installer/macos/entitlements.plist|MartLive.app",
        "codesign|--verify|--deep|--strict|MartLive.app",
    ]
    assert [line.split("|")[:3] for line in asked[6:]] == [
        ["ditto", "-c", "-k"],
        ["xcrun", "notarytool", "submit"],
        ["xcrun", "stapler", "staple"],
    ]
    assert asked[7].split("|")[4:] == [
        "--wait",
        "--key",
        asked[7].split("|")[6],
        "--key-id",
        "K3Y",
        "--issuer",
        "1ssuer",
    ]
    assert (tmp_path / "noted.key").read_text() == "-----BEGIN PRIVATE KEY-----\n"
    # The key lay in a file that is gone.
    assert not (tmp_path / asked[7].split("|")[6]).exists()


def test_disk_image_is_signed_as_a_whole_and_sent_as_it_is(tmp_path: Path) -> None:
    image = tmp_path / "MartLive.dmg"
    image.touch()
    done, asked = run("notarise.sh", image, tmp_path=tmp_path, **CREDENTIALS)
    assert done.returncode == 0
    assert asked[0] == f"codesign|--force|--timestamp|--sign|{CREDENTIALS['MARTLIVE_SIGN_IDENTITY']}|MartLive.dmg"
    assert asked[1].startswith("xcrun|notarytool|submit|MartLive.dmg|--wait|")
    assert asked[2:] == ["xcrun|stapler|staple|MartLive.dmg"]


def test_without_an_identity_the_app_is_only_sealed_and_the_build_says_that_it_is_unsigned(
    app: Path, tmp_path: Path
) -> None:
    done, asked = run("notarise.sh", app, tmp_path=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("unsigned build: MARTLIVE_SIGN_IDENTITY is not set, so macOS will refuse ")
    assert asked[-2:] == [
        "codesign|--force|--sign|-|--entitlements|installer/macos/entitlements.plist|MartLive.app",
        "codesign|--verify|--deep|--strict|MartLive.app",
    ]
    assert all(line.startswith("codesign|") for line in asked)


@pytest.mark.parametrize("name", ["MARTLIVE_NOTARY_KEY", "MARTLIVE_NOTARY_KEY_ID", "MARTLIVE_NOTARY_ISSUER"])
def test_missing_credential_is_one_sentence(name: str, tmp_path: Path) -> None:
    image = tmp_path / "MartLive.dmg"
    image.touch()
    left = {key: value for key, value in CREDENTIALS.items() if key != name}
    done, asked = run("notarise.sh", image, tmp_path=tmp_path, **left)
    assert done.returncode == 1
    assert (
        done.stderr == f"notarise.sh: {name} is not set; give it, or no MARTLIVE_SIGN_IDENTITY for an unsigned build.\n"
    )
    assert not any("notarytool" in line for line in asked)


def test_what_apple_does_not_accept_is_not_stapled(tmp_path: Path) -> None:
    image = tmp_path / "MartLive.dmg"
    image.touch()
    done, asked = run("notarise.sh", image, tmp_path=tmp_path, apple_says="Invalid", **CREDENTIALS)
    assert done.returncode == 1
    assert "Apple did not accept" in done.stderr
    assert not any("stapler" in line for line in asked)


def test_certificate_goes_into_a_keychain_of_its_own_and_lies_nowhere_else(tmp_path: Path) -> None:
    done, asked = run(
        "keychain.sh", tmp_path=tmp_path, MARTLIVE_SIGN_P12="Y2VydA==", MARTLIVE_SIGN_P12_PASSWORD="pass word"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    imported = asked[3].split("|")
    assert imported[:2] == ["security", "import"]
    assert imported[3:] == ["-k", "martlive.keychain-db", "-P", "pass word", "-T", "/usr/bin/codesign"]
    assert (tmp_path / "noted.certificate").read_text() == "cert"
    assert not (tmp_path / imported[2]).exists()
    done, asked = run("keychain.sh", tmp_path=tmp_path, MARTLIVE_SIGN_P12="Y2VydA==")
    assert (done.returncode, asked) == (1, [])
    assert done.stderr == "keychain.sh: MARTLIVE_SIGN_P12 or MARTLIVE_SIGN_P12_PASSWORD is not set; give both.\n"


def test_disk_image_holds_the_app_beside_the_folder_for_it(app: Path, tmp_path: Path) -> None:
    image = tmp_path / "MartLive.dmg"
    image.write_text("an old one")
    done, asked = run("dmg.sh", app, image, tmp_path=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    listed = image.read_text().splitlines()
    names = [line.removeprefix(listed[0]) for line in listed]
    assert "/Applications" in names
    assert "/MartLive.app/Contents/MacOS/martlive" in names
    assert asked[-1].startswith("hdiutil|create|-volname|MartLive|-srcfolder|")
    assert not Path(listed[0]).exists()
