"""The wheel: what is in it, and that it works where it is installed, from any folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support.places import ROOT

pytestmark = pytest.mark.integration

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = [pattern.removesuffix("*") for pattern in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]]
BUILD = "import sys; from setuptools import build_meta; getattr(build_meta, sys.argv[1])(sys.argv[2])"


def files_of(folder: Path) -> set[str]:
    """Return every file of the packages, as a path from the folder that holds them."""
    return {
        str(path.relative_to(folder))
        for package in PACKAGES
        for path in (folder / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def build(what: str, source: Path, target: Path) -> Path:
    """Build in a copy: setuptools leaves folders beside the source."""
    target.mkdir()
    subprocess.run([sys.executable, "-c", BUILD, f"build_{what}", str(target)], cwd=source, check=True)
    (built,) = target.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution, which is built from a copy of the project."""
    folder = tmp_path_factory.mktemp("package")
    copy = folder / "copy"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy2(path, copy, follow_symlinks=False)
    with tarfile.open(build("sdist", copy, folder / "sdist")) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    return build("wheel", unpacked, folder / "wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The executables of an environment that has the wheel, and sees what it depends on in this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    executables = folder / "bin"
    command: list[str | Path] = [
        executables / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        wheel,
    ]
    subprocess.run(command, check=True, env={})
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return executables


def run(folder: Path, *command: str | Path) -> str:
    """Run in a folder, with an environment that leads nowhere else; return what was printed."""
    env = {"PATH": os.defpath, "HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_file_of_the_packages_is_in_the_wheel_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == files_of(ROOT)
    assert {Path(name).suffix for name in names} >= {
        ".py",
        ".sql",
        ".toml",
        ".csv",
        ".html",
        ".css",
        ".js",
        ".svg",
        ".yaml",
    }


def test_the_licence_is_in_the_wheel(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        (licence,) = (name for name in archive.namelist() if name.endswith("licenses/LICENSE"))
        assert archive.read(licence) == (ROOT / "LICENSE").read_bytes()
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        assert "\nLicense-Expression: Apache-2.0\n" in archive.read(metadata).decode()


def test_dagster_and_its_libraries_are_held_together(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        needed = re.findall(r"^Requires-Dist: (dagster\S*)", archive.read(metadata).decode(), re.MULTILINE)
    assert needed
    assert [name for name in needed if "==" not in name] == [], "an installer may take one of another time"


def test_the_commands_run_from_an_empty_folder_and_keep_to_it(installed: Path, tmp_path: Path) -> None:
    before = files_of(next(installed.parent.glob("lib/python*/site-packages")))
    version = f"museum {PROJECT['project']['version']}\n"
    assert run(tmp_path, installed / "museum", "--version") == version
    assert run(tmp_path, installed / "python", "-m", "museum_assets", "--version") == version
    settings = {row["variable"]: row for row in json.loads(run(tmp_path, installed / "museum", "settings", "--json"))}
    assert settings["MUSEUM_HOME"]["value"] == str(tmp_path / ".museum" / "dev")
    assert list(tmp_path.iterdir()) == []
    # Starts Postgres and migrates it, from the SQL in the wheel.
    run(tmp_path, installed / "museum", "status")
    assert [path.name for path in tmp_path.iterdir()] == [".museum"]
    assert files_of(next(installed.parent.glob("lib/python*/site-packages"))) == before


def test_dagster_loads_the_definitions_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    where = "import museum_assets; print(museum_assets.__path__[0])"
    package = Path(run(tmp_path, installed / "python", "-c", where).strip())
    assert package.is_relative_to(installed.parent)
    run(tmp_path, installed / "python", "-m", "dagster", "definitions", "validate", "-w", package / "workspace.yaml")


def test_dagsters_own_commands_work_in_a_checkout() -> None:
    """`dagster dev` and `dg` read workspace.yaml, dagster.yaml and `[tool.dg]` at the top of the checkout."""
    for name in ("workspace.yaml", "dagster.yaml"):
        assert (ROOT / name).samefile(ROOT / "museum_assets" / name)
    module = PROJECT["tool"]["dg"]["project"]["code_location_target_module"]
    assert module in (ROOT / "workspace.yaml").read_text()
    env = {name: value for name, value in os.environ.items() if not name.startswith("DAGSTER_")}
    subprocess.run([sys.executable, "-m", "dagster", "definitions", "validate"], cwd=ROOT, env=env, check=True)
