"""The manifests for Kubernetes: rendered by kubectl, checked against its schemas, and held to what operators expect."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

DEPLOY = Path("cloud_api/deploy")
BASE = sorted(path for path in (DEPLOY / "base").glob("*.yaml") if path.name != "kustomization.yaml")
OVERLAYS = sorted(path.name for path in (DEPLOY / "overlays").iterdir())
KUBERNETES = "1.31"
SERVICES = ("asr", "coach", "gateway", "web", "worker")


def _can_render() -> bool:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        return False
    said = subprocess.run([kubectl, "version", "--client"], capture_output=True, text=True, check=False).stdout
    return "Kustomize Version: v5" in said


def _rendered(overlay: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        ["kubectl", "kustomize", str(DEPLOY / "overlays" / overlay)], capture_output=True, text=True, check=True
    )
    return list(yaml.safe_load_all(done.stdout))


def _base() -> list[dict[str, Any]]:
    return [one for path in BASE for one in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


def _named(manifests: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in manifests if one["kind"] == kind}


def _validate(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_overlay_is_valid(overlay: str) -> None:
    if not _can_render():
        pytest.skip("kubectl with Kustomize 5 is not here")
    manifests = _rendered(overlay)
    for manifest in manifests:
        _validate(manifest)
    assert set(_named(manifests, "Deployment")) == set(SERVICES)
    assert {one["metadata"].get("namespace") for one in manifests if one["kind"] != "Namespace"} == {"martlive"}


@pytest.mark.parametrize("manifest", _base(), ids=lambda one: f"{one['kind']}-{one['metadata']['name']}")
def test_manifest_is_valid(manifest: dict[str, Any]) -> None:
    _validate(manifest)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "replicas"), "two"),
        (("spec", "template", "spec", "containers", 0, "ports", 0, "containerPort"), "http"),
        (("spec", "template", "spec", "containers", 0, "readinesProbe"), {}),
        (("spec", "template", "spec", "securityContext", "runAsNonRoot"), "yes"),
    ],
    ids=["type", "port", "misspelt", "boolean"],
)
def test_broken_field_is_found(path: tuple[str | int, ...], value: object) -> None:
    broken = _named(_base(), "Deployment")["asr"]
    inner: Any = broken
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(kubernetes_validate.ValidationError):
        _validate(broken)


@pytest.mark.parametrize("service", SERVICES)
def test_pod_may_do_only_what_it_must(service: str) -> None:
    pod = _named(_base(), "Deployment")[service]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"startupProbe", "readinessProbe", "livenessProbe", "resources"} <= container.keys()


@pytest.mark.parametrize("service", SERVICES)
def test_pod_has_time_to_drain(service: str) -> None:
    manifests = _base()
    drain_s = float(_named(manifests, "ConfigMap")["martlive"]["data"]["MARTLIVE_DRAIN_S"])
    pod = _named(manifests, "Deployment")[service]["spec"]["template"]["spec"]
    pause_s = float(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    if service in ("gateway", "asr", "coach"):
        assert pod["terminationGracePeriodSeconds"] > pause_s + drain_s
    assert service in _named(manifests, "PodDisruptionBudget")


def test_no_secret_lies_in_the_manifests() -> None:
    assert not _named(_base(), "Secret")
    for deployment in _named(_base(), "Deployment").values():
        for variable in deployment["spec"]["template"]["spec"]["containers"][0]["env"]:
            if any(word in variable["name"] for word in ("SECRET", "TOKEN", "DATABASE")):
                assert "secretKeyRef" in variable["valueFrom"]


def test_only_what_talks_may_talk() -> None:
    policies = _named(_base(), "NetworkPolicy")
    assert set(policies) == {*SERVICES, "default-deny"}
    assert policies["default-deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for service in ("asr", "coach", "worker"):
        callers = [
            peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"]
            for rule in policies[service]["spec"]["ingress"]
            for peer in rule["from"]
            if "podSelector" in peer
        ]
        assert callers == ["gateway"]


def test_images_are_pinned_and_run_as_nobody() -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("ARG PYTHON=")] == ["ARG PYTHON=3.11.11-slim-bookworm"]
    assert "USER 10001:10001" in lines
    targets = {line.split(" AS ")[1] for line in lines if " AS " in line}
    assert set(SERVICES) <= targets
    # Every installation holds to the pinned versions.
    assert all("-c installer/constraints.txt" in line for line in lines if "pip install" in line)
