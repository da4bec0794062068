from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from museum_assets.cli.services import up
from museum_assets.cli.simulation import real, recorded_environment, refuse_real_museums, simulated
from museum_assets.core.failures import MuseumError
from museum_assets.core.settings import Settings
from resources.platform import Platform
from tests.support.places import ROOT

pytestmark = pytest.mark.slow  # it starts processes, or waits

PARENT = """
import sys
from pathlib import Path
from museum_assets.cli.simulation import simulated
with simulated(Path(sys.argv[1]), 1, None):
    print(flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("MUSEUM_API_SMK", raising=False)
    return Settings(museum_home=tmp_path, museum_profile="demo")


def test_other_commands_find_the_simulator_while_it_runs_at_the_same_port_each_time(demo: Settings) -> None:
    with pytest.raises(MuseumError, match=r"is not running, and a run would harvest the real smk.*museum demo"):
        refuse_real_museums(Platform(demo), ["smk"])
    with pytest.raises(MuseumError, match=r"start `museum demo`"):
        up(demo)
    with simulated(demo.home, 1, None) as first:
        assert recorded_environment(demo.home) == first
        assert stat.S_IMODE((demo.home / "simulator.json").stat().st_mode) == 0o600
        refuse_real_museums(Platform(demo), ["smk"])
        with pytest.raises(MuseumError, match="Another demo runs"), simulated(demo.home, 1, None):
            pass
        assert recorded_environment(demo.home) == first
    assert recorded_environment(demo.home) is None
    # The second demo beside the first one left the port of the home alone.
    with simulated(demo.home, 1, None) as second:
        other = {name for name in first.keys() | second.keys() if first.get(name) != second.get(name)}
        assert other <= {"KAFKA_BOOTSTRAP_SERVERS"}, "the broker takes any free port, and nothing keeps its address"


def test_the_simulator_ends_with_a_killed_parent(demo: Settings) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(demo.home)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert parent.stdout
    parent.stdout.readline()
    simulator = psutil.Process(json.loads((demo.home / "simulator.json").read_text())["pid"])
    environment = recorded_environment(demo.home)
    assert environment
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    psutil.wait_procs([simulator])
    with pytest.raises(httpx.ConnectError):
        httpx.get(environment["MUSEUM_API_SMK"], trust_env=False)
    assert recorded_environment(demo.home) is None


def test_a_live_demo_harvests_real_museums_on_purpose(demo: Settings) -> None:
    with real(demo.home):
        refuse_real_museums(Platform(demo), ["smk"])
        assert recorded_environment(demo.home) == {}
    with pytest.raises(MuseumError):
        refuse_real_museums(Platform(demo), ["smk"])


def test_other_profiles_and_museums_led_elsewhere_are_not_refused(
    demo: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_real_museums(Platform(demo).with_settings(profile="dev"), ["smk"])
    monkeypatch.setenv("MUSEUM_API_SMK", "http://127.0.0.1:1")
    refuse_real_museums(Platform(demo), ["smk"])
