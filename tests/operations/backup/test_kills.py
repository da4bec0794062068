"""Backups and restores that are killed: nothing looks complete that is not, and running again says what to do."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from museum_assets.operations.backup.backup import make_backup
from museum_assets.operations.backup.manifest import NoBackup
from museum_assets.operations.backup.places import Folder
from museum_assets.operations.backup.restore import restore_backup
from museum_assets.operations.backup.targets import find_backup
from museum_assets.operations.backup.unfinished import RestoreUnfinished
from museum_assets.operations.backup.verify import verify_backup
from museum_assets.operations.running import running_platform
from resources.platform import Platform
from resources.postgres import Busy
from tests.support.backups import Empty, contents, points
from tests.support.killable import Killable

CHILD = """
import sys
from pathlib import Path
from museum_assets.operations.backup.backup import make_backup
from museum_assets.operations.backup.places import Folder
from museum_assets.operations.backup.restore import restore_backup
from resources.platform import Platform
platform, say = Platform.from_settings(), lambda line: print(line, flush=True)
print("begins", flush=True)
if sys.argv[1] == "backup":
    make_backup(platform, Folder(Path(sys.argv[2])), say)
else:
    restore_backup(platform.settings, Folder(Path(sys.argv[2])), say)
print("done", flush=True)
"""


def killed(action: str, path: Path, dice: random.Random, steps: int, number: int = signal.SIGKILL) -> bool:
    """Run it, kill it after a number of its lines, and say whether it came to its end before."""
    child = Killable(CHILD, action, str(path))
    for _ in range(dice.randrange(1, steps)):
        child.stdout.readline()
    time.sleep(dice.random() * 0.1)
    child.send_signal(number)
    finished = "done" in child.stdout.read()
    child.wait()
    return finished


def made(platform: Platform, target: Path) -> Folder:
    """Make a backup; the killed one's connections may take moments to be noticed."""
    while True:
        try:
            place, _ = make_backup(platform, Folder(target))
        except Busy:
            time.sleep(0.2)
        else:
            assert isinstance(place, Folder)
            return place


def test_a_killed_backup_is_none_and_the_next_one_removes_it(little: Platform, tmp_path: Path) -> None:
    dice, target, interrupted = random.Random(int(os.environ.get("SEED", "6"))), tmp_path / "target", 0
    foreign = target / "20200101T000000Z"
    foreign.mkdir(parents=True)
    (foreign / "begun.json").write_text('{"platform": "another"}')
    for _ in range(3):
        if not killed("backup", target, dice, 8):
            interrupted += 1
            with pytest.raises(NoBackup):
                find_backup(Folder(target))
        for path in target.iterdir():
            if path != foreign and (path / "manifest.json").exists():
                assert verify_backup(Folder(path))[1] == []
                Folder(path).remove()
    assert interrupted >= 2
    place = made(little, target)
    assert sorted(path.name for path in target.iterdir()) == [foreign.name, place.path.name]
    assert verify_backup(place)[1] == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, OSError("No space left on device")])
def test_a_backup_that_is_stopped_leaves_nothing(
    little: Platform, tmp_path: Path, error: BaseException | type[BaseException]
) -> None:
    def stop(line: str) -> None:
        if line.startswith("bucket"):
            raise error

    with pytest.raises(error if isinstance(error, type) else OSError):
        make_backup(little, Folder(tmp_path / "target"), stop)
    assert [*(tmp_path / "target").iterdir()] == []


def test_a_killed_restore_says_what_to_do(little: Platform, empty: Empty, tmp_path: Path) -> None:
    place = made(little, tmp_path / "target")
    wanted = contents(little), points(little)
    dice, interrupted = random.Random(int(os.environ.get("SEED", "7"))), 0
    for _ in range(3):
        restored = empty()
        if killed("restore", place.path, dice, 6):
            assert contents(restored) == wanted[0]
            continue
        interrupted += 1
        note = restored.settings.home / "restore.unfinished"
        if not note.exists():
            continue  # it had not begun
        with pytest.raises(RestoreUnfinished, match=f"`museum erase` removes .* `museum restore {place.label}` again"):
            restore_backup(restored.settings, place)
        with pytest.raises(RestoreUnfinished, match="was interrupted"), running_platform(restored.settings):
            pass
    assert interrupted >= 2
    restored = empty()
    restore_backup(restored.settings, place)
    assert (contents(restored), points(restored)) == wanted
