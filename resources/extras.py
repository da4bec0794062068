"""The package's extras, and the command that installs one into the environment at hand."""

from __future__ import annotations

import sys
from importlib.util import find_spec


def install_command(extra: str) -> str:
    """Return the command, to be pasted. An environment made by `make install` has no pip of its own."""
    pip = f"{sys.executable} -m pip install" if find_spec("pip") else f"uv pip install --python {sys.prefix}"
    return f"{pip} 'museum-data-platform[{extra}]'"
