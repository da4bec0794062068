"""`python -m museum_assets` is the command `museum`."""

from __future__ import annotations

from museum_assets.cli import main

main()
