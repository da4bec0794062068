"""`python tests/deploy/dashboard_schema.py FILE`: hold a dashboard to Grafana's own types, strictly.

Runs in the checkers' environment, which has grafana-foundation-sdk: Grafana's schemas as Python's classes. They leave
out what they do not know, so that whatever is unknown to Grafana is missing from what they write again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.cog.runtime import panelcfg_config
from grafana_foundation_sdk.models.dashboard import Dashboard


def unknown(written: Any, understood: Any, place: str = "") -> Iterator[str]:
    """Yield the places of what was written and not understood."""
    if isinstance(written, dict) and isinstance(understood, dict):
        for name, value in written.items():
            yield from unknown(value, understood.get(name), f"{place}/{name}")
    elif isinstance(written, list) and isinstance(understood, list) and len(written) == len(understood):
        for number, (value, other) in enumerate(zip(written, understood, strict=True)):
            yield from unknown(value, other, f"{place}/{number}")
    elif written != understood:
        yield place


def main() -> None:
    """Exit with what Grafana does not know."""
    register_default_plugins()
    (name,) = sys.argv[1:]
    written = json.loads(Path(name).read_text())
    understood = json.loads(json.dumps(Dashboard.from_json(written), cls=JSONEncoder))
    kinds = {panel["type"] for panel in written["panels"]}
    wrong = [*unknown(written, understood), *(kind for kind in sorted(kinds) if panelcfg_config(kind) is None)]
    if wrong:
        sys.exit(f"{name}: Grafana does not know {', '.join(wrong)}")


if __name__ == "__main__":
    main()
