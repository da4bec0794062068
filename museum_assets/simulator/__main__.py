"""Run the simulator: `python -m museum_assets.simulator --port 0 --works 12 [--records DIR] [--faults JSON]`.

The first line on standard output is JSON: `base_url`, and in `environment` the variables to set for the platform. With
`--everything` a model server, an authority of makers and the kiosks' live stream run beside the museums: the stream on
the brokers that the KAFKA_* settings name, or on one of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from museum_assets.core.parent import end_with_stdin
from museum_assets.core.settings import read_settings
from museum_assets.simulator.faults import Faults
from museum_assets.simulator.server import Simulator, authority_environment, environment, model_environment, serve
from museum_assets.simulator.stream import stream


def main() -> None:
    """Read the arguments and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m museum_assets.simulator", description="Simulate the museums.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--works", type=int, default=12, help="synthetic works per museum")
    parser.add_argument("--people", type=int, default=0, help="made-up people at the authority, beside the artists")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--records", type=Path, help="serve the real records of this folder instead")
    parser.add_argument("--faults", default="{}", help='for example {"smk": {"too_many_requests": 0.2}}')
    parser.add_argument(
        "--everything", action="store_true", help="a model server, an authority and kiosks that press as well"
    )
    parser.add_argument("--closed-kiosks", action="store_true", help="nobody presses before `open_kiosks` is called")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end with the process that started this one")
    arguments = parser.parse_args()
    try:
        settings = json.loads(arguments.faults)
    except ValueError as error:
        parser.error(f"--faults is not JSON: {error}")
    try:
        faults = Faults(arguments.seed, settings)
        simulator = Simulator(arguments.works, arguments.seed, faults, arguments.records, arguments.people)
    except (ValueError, FileNotFoundError) as error:
        parser.error(str(error))
    if arguments.until_stdin_closes:
        end_with_stdin()
    if not arguments.everything:
        serve(simulator, arguments.port, lambda base_url: _announce(base_url, environment(base_url)))
        return
    kafka = read_settings()
    given = kafka.kafka_client() if kafka.kafka_bootstrap_servers else None
    with stream(given, kafka.kafka_topic_prefix, opened=not arguments.closed_kiosks) as brokers:
        own = {} if given else {"KAFKA_BOOTSTRAP_SERVERS": brokers}
        serve(
            simulator,
            arguments.port,
            lambda base_url: _announce(base_url, _everything(base_url) | own),
        )


def _everything(base_url: str) -> dict[str, str]:
    return environment(base_url) | model_environment(base_url) | authority_environment(base_url)


def _announce(base_url: str, variables: dict[str, str]) -> None:
    line = json.dumps({"base_url": base_url, "environment": variables})
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
