"""What stands in deploy/, read as its tools read it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import yaml

from museum_assets.cli.configuration import variables
from tests.support.commands import parse
from tests.support.places import ROOT

DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
VERSION = PROJECT["project"]["version"]
OF_LIBRARIES = {"HF_HOME", "DAGSTER_HOME", "MUSEUM_PROFILE"}
SETTINGS = {*variables(), *OF_LIBRARIES}
OTHER_PROGRAMS = {
    ("dagster", "api", "grpc"): ["-m", "-h", "-p"],
    ("dagster-daemon", "run"): ["--workspace"],
}
"""Dagster's own commands, and the options of them that are used."""


def documents(name: str) -> list[Any]:
    """The documents of a YAML file below deploy/."""
    return list(yaml.safe_load_all((DEPLOY / name).read_text()))


def manifests() -> Iterator[dict[str, Any]]:
    """Every manifest that the kustomization names."""
    (kustomization,) = documents("kubernetes/kustomization.yaml")
    for name in kustomization["resources"]:
        yield from documents(f"kubernetes/{name}")


def check_command(words: list[str]) -> None:
    """Raise for a command that cannot run."""
    if words[0] == "museum":
        parse(" ".join(words))
        return
    (options,) = [each for start, each in OTHER_PROGRAMS.items() if tuple(words[: len(start)]) == start]
    assert {word for word in words if word.startswith("-")} <= set(options), words


def check_image(image: str) -> None:
    """Raise for one without a version, and for one of ours with another version than the project's."""
    name, _, tag = image.rpartition(":")
    assert name, f"{image} has no version"
    assert any(character.isdigit() for character in tag), f"{image} has no version"
    assert not name.endswith("/museum") or tag == VERSION, f"{image}: the project has version {VERSION}"
