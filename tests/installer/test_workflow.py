"""The builds on GitHub: what they run exists, and they may do no more than they need."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

WORKFLOW = Path(".github/workflows/build.yml")
TEXT = WORKFLOW.read_text(encoding="utf-8")
BUILD: dict[Any, Any] = yaml.safe_load(TEXT)
JOBS: dict[str, dict[str, Any]] = BUILD["jobs"]
STEPS = [(name, step) for name, job in JOBS.items() for step in job["steps"]]
SCRIPTS = [pytest.param(step["run"], id=f"{name}: {step['name']}") for name, step in STEPS if "run" in step]


def scripts_of(job: str) -> str:
    return "\n".join(step["run"] for name, step in STEPS if name == job and "run" in step)


def test_three_systems_are_built_on_their_own_and_only_for_tags_or_by_hand() -> None:
    # YAML 1.1 reads the key `on` as true.
    assert BUILD[True] == {"push": {"tags": ["v*"]}, "workflow_dispatch": None}
    assert {name: job["runs-on"].split("-")[0] for name, job in JOBS.items()} == {
        "linux": "ubuntu",
        "windows": "windows",
        "macos": "macos",
        "attest": "ubuntu",
    }
    # What is built against a newer glibc does not start in Debian 12.
    assert JOBS["linux"]["container"] == "debian:12"
    assert BUILD["defaults"] == {"run": {"shell": "bash"}}


def test_permissions_are_least() -> None:
    assert BUILD["permissions"] == {"contents": "read"}
    assert {name: job.get("permissions") for name, job in JOBS.items()} == {
        "linux": None,
        "windows": None,
        "macos": None,
        "attest": {"contents": "read", "id-token": "write", "attestations": "write"},
    }
    # The job that may attest runs no code of ours, nor anything that was installed.
    assert not any(step.get("uses", "").startswith("actions/checkout@") for name, step in STEPS if name == "attest")
    assert scripts_of("attest").split() == ["cd", "out", "sha256sum", "--", "*", ">SHA256SUMS", "cat", "SHA256SUMS"]
    checkouts = [step for _, step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert [step["with"] for step in checkouts] == [{"persist-credentials": False}] * 3


def test_actions_are_githubs_own_and_have_a_version() -> None:
    for _, step in STEPS:
        if "uses" in step:
            assert re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"]), step["uses"]


def test_secrets_are_seen_only_by_the_steps_that_sign_and_each_is_read_there() -> None:
    for job, step in STEPS:
        given = {name for name, value in step.get("env", {}).items() if "secrets." in value}
        assert bool(given) == (step.get("name") == "Sign and pack")
        scripts = step.get("run", "") + "".join(
            Path(name).read_text(encoding="utf-8") for name in re.findall(r"installer/\w+/\w+\.sh", step.get("run", ""))
        )
        assert all(name in scripts for name in given), job
    named = set(re.findall(r"secrets\.(\w+)", TEXT))
    read = {
        name
        for script in Path("installer").glob("*/*.sh")
        for name in re.findall(r"^#   (MARTLIVE_\w+)", script.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert read - named == {"MARTLIVE_SIGN_TIMESTAMP"}
    assert named <= read


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_is_sound_and_takes_nothing_from_outside_into_its_text(script: str) -> None:
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    assert "${{" not in script


def test_everything_that_the_scripts_name_is_there() -> None:
    text = "\n".join(map(scripts_of, JOBS))
    files = {*re.findall(r"(?<![\w/])installer/[\w/]+\.\w+", text), *re.findall(r"[\w.]+\.toml|Makefile", TEXT)}
    assert len(files) > 5
    assert [name for name in sorted(files) if not Path(name).is_file()] == []
    modules = set(re.findall(r"-m (installer[\w.]*)", text))
    assert [name for name in sorted(modules) if not Path(name.replace(".", "/") + ".py").is_file()] == []
    assert modules >= {"installer.build", "installer.windows.nsis", "installer.windows.msix", "installer.linux_package"}
    made = set(re.findall(r"^ *make (\S+)$", text, re.MULTILINE))
    assert made == {"check", "test", "package"}
    targets = re.findall(r"^([a-z-]+):", Path("Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert made <= set(targets)


def test_tests_run_on_linux_before_the_build_and_every_program_starts_where_it_was_built() -> None:
    linux = scripts_of("linux")
    assert linux.index("make check") < linux.index("make test") < linux.index("make package")
    for job in ("windows", "macos"):
        assert "-m installer.build" in scripts_of(job)
        assert "--selftest" in scripts_of(job)
        assert "make " not in scripts_of(job)


def test_other_systems_take_the_same_parts_as_make_package() -> None:
    makefile = Path("Makefile").read_text(encoding="utf-8")
    packaged = re.findall(r"^PACKAGED := (\S+)$", makefile, re.MULTILINE)
    for job in ("windows", "macos"):
        assert re.findall(r'"\.\[(.+)\]"', scripts_of(job)) == packaged
        assert "sed -n 's/^OCR := //p' Makefile" in scripts_of(job)
        assert "-c installer/constraints.txt" in scripts_of(job)


def test_what_was_built_is_kept_with_its_parts_and_checksums_and_attested() -> None:
    for job in ("linux", "windows", "macos"):
        assert f"build/out/sbom-{job}.cdx.json" in scripts_of(job)
        kept = [step["with"] for name, step in STEPS if name == job and "upload-artifact" in step.get("uses", "")]
        assert kept == [{"name": f"martlive-{job}", "path": "build/out/", "if-no-files-found": "error"}]
    assert JOBS["attest"]["needs"] == ["linux", "windows", "macos"]
    [attested] = [step["with"] for _, step in STEPS if "attest-build-provenance" in step.get("uses", "")]
    assert attested == {"subject-path": "out/*"}
