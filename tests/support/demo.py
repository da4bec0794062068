"""What it takes to run `museum demo` as a person does."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from museum_assets.core.settings import Settings

MUSEUM = [str(Path(sys.executable).with_name("museum"))]


def demo_environment(home: Path) -> dict[str, str]:
    """This process's environment without any setting of ours, with a home of the test's own."""
    names = {(info.alias or field).upper() for field, info in Settings.model_fields.items()}
    return {name: value for name, value in os.environ.items() if name not in names} | {
        "MUSEUM_PROFILE": "demo",
        "MUSEUM_HOME": str(home),
    }
