"""A test runs in the lane that its fixtures say, and is never skipped where what it needs is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import lanes

TESTS = """
import pytest

@pytest.fixture
def shared():
    pass

@pytest.fixture
def services():
    pass

@pytest.fixture
def platform(services):
    pass

def test_pure(): pass

def test_with_services(platform): pass

def test_with_records(shared): pass

@pytest.mark.shared
def test_marked(): pass

@pytest.mark.shared
@pytest.mark.parametrize("record", [])
def test_every_record(record): pass

def test_that_gives_up(shared): pytest.skip("no such file")

@pytest.mark.gpu
def test_elsewhere(shared): pytest.skip("no CUDA device")

@pytest.mark.xfail(reason="known")
def test_that_is_known_to_fail(shared): assert False
"""
MARKS = """
[pytest]
markers =
    integration
    shared
    gpu
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.Pytester:
    """A little suite beside which the shared folder is."""
    monkeypatch.setattr(lanes, "SHARED", tmp_path)
    monkeypatch.delenv("CI", raising=False)
    pytester.makepyfile(TESTS)
    pytester.makeini(MARKS)
    return pytester


def run(suite: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return suite.runpytest_inprocess("-p", lanes.__name__, "-p", "no:cacheprovider", *arguments)


def absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lanes, "SHARED", tmp_path / "nowhere")


def test_fixtures_say_the_lane(suite: pytest.Pytester) -> None:
    assert run(suite, "-m", "integration").parseoutcomes() == {"passed": 1, "deselected": 7}
    assert run(suite, "-m", "not integration and not shared").parseoutcomes() == {"passed": 1, "deselected": 7}


def test_a_skip_is_a_failure_where_the_folder_is(suite: pytest.Pytester) -> None:
    result = run(suite)
    assert result.parseoutcomes() == {"passed": 4, "errors": 1, "failed": 1, "skipped": 1, "xfailed": 1}
    result.stdout.fnmatch_lines_random(
        ["*test_every_record* was skipped although*", "*test_that_gives_up was skipped*"]
    )


def test_without_the_folder_what_needs_it_is_skipped(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    absent(monkeypatch, tmp_path)
    assert run(suite).parseoutcomes() == {"passed": 2, "skipped": 6}


def test_ci_does_not_start_without_the_folder(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    absent(monkeypatch, tmp_path)
    monkeypatch.setenv("CI", "true")
    result = run(suite)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*the folder of real records is not beside the repository*"])
