"""Files of declared sources."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from museum_assets.archive_files.download.transfer import Downloaded


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Downloaded]:
    """Make a file that counts as downloaded."""

    def make(body: bytes | str, name: str = "loans.txt") -> Downloaded:
        path = tmp_path / name
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
        return Downloaded(path, hashlib.sha256(path.read_bytes()).hexdigest(), path.as_uri())

    return make
