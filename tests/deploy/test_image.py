"""The image and the compose file: what they name exists and is pinned, and no secret stands in them."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest

from tests.deploy.files import DEPLOY, PROJECT, SETTINGS, VERSION, check_command, check_image, documents
from tests.support.places import ROOT

DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
(COMPOSE,) = documents("compose.yaml")
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name for name, each in SERVICES.items() if each["image"].startswith("museum:")}
MADE = {"TORCH", "POSTGRES_PASSWORD", "S3_SECRET_KEY"}
"""Variables of the compose file alone."""


def test_the_image_is_pinned_and_not_roots() -> None:
    for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE):
        check_image(image)
    (user,) = re.findall(r"^USER (\d+):\d+$", DOCKERFILE, re.MULTILINE)
    assert int(user) > 1000
    (uv,) = re.findall(r"uv==(\S+)", DOCKERFILE)
    assert f"UV_VERSION := {uv}" in (ROOT / "Makefile").read_text()
    assert set(re.findall(r"museum:([\d.]+)", DOCKERFILE)) == {VERSION}


def test_the_image_has_every_package_and_every_setting_is_one() -> None:
    packages = {name.rstrip("*") for name in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    copied = set(re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.MULTILINE))
    assert copied == packages
    kept = set(re.findall(r"^!([\w.]+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE))
    assert packages <= kept
    assert all((ROOT / name).exists() for name in kept)
    (environment,) = re.findall(r"^ENV ((?:.*\\\n)*.*)$", DOCKERFILE, re.MULTILINE)
    named = {name for name in re.findall(r"([A-Z_]+)=", environment) if not name.startswith(("NVIDIA_", "PYTHON"))}
    assert named - {"PATH"} <= SETTINGS


def test_for_the_cpu_all_but_pytorch_is_what_is_pinned() -> None:
    (program,) = re.findall(r"awk '(.+?)'", DOCKERFILE)
    requirements = (ROOT / "requirements.txt").read_text()
    rest = subprocess.run(["awk", program], input=requirements, capture_output=True, text=True, check=True).stdout
    dropped = set(names(requirements)) - set(names(rest))
    assert {"torch", "torchvision", "triton"} < dropped
    assert all(name.startswith(("torch", "triton", "nvidia-", "cuda-")) for name in dropped)
    assert names(rest) == [name for name in names(requirements) if name not in dropped]
    hashes = [line for line in rest.splitlines() if "--hash" in line]
    assert len(hashes) > 2 * len(names(rest))
    (pattern,) = re.findall(r"grep -oE '(.+?)'", DOCKERFILE)
    assert len(re.findall(pattern, requirements, re.MULTILINE)) == 2


def names(requirements: str) -> list[str]:
    return re.findall(r"^([a-z][\w.-]*)==", requirements, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(OURS))
def test_a_command_of_the_compose_file_can_run(name: str) -> None:
    check_command(list(map(str, SERVICES[name]["command"])))


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_pinned_and_bounded(name: str) -> None:
    service = SERVICES[name]
    check_image(service["image"].replace("museum:", "/museum:"))
    assert "mem_limit" in service
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:"), "open to the network, without accounts"
    if name in OURS:
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["user"] != "0"


def test_the_compose_file_names_its_secrets_and_holds_none() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    asked = set(re.findall(r"\$\{([A-Z0-9_]+)", text))
    assert asked <= SETTINGS | MADE
    for service in SERVICES.values():
        for name, value in (service.get("environment") or {}).items():
            if re.search("PASSWORD|SECRET|API_KEY", name):
                assert str(value).startswith("${"), name
    named = re.findall(r"^#   .*?([A-Z0-9_]{6,})=", text, re.MULTILINE) + re.findall(r" ([A-Z0-9_]+_URL)=", text)
    assert set(named) <= SETTINGS | MADE
