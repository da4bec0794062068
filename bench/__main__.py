"""Measure and print: `python -m bench [--only NAME]... [--quick] [--json] [--qdrant URL]`.

A missed target is no error; a row that breaks is one.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
import traceback

from bench import table
from bench.bench import started
from bench.measuring import Result
from bench.rows import ROWS


def main() -> None:
    """Run the chosen rows one after the other: side by side they would measure each other."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the platform's figures.")
    parser.add_argument("--only", action="append", choices=ROWS, help="measure this; may be repeated")
    parser.add_argument("--quick", action="store_true", help="fewer items and rounds: about a minute, rougher")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--qdrant", metavar="URL", help="an empty Qdrant server in place of the embedded index")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    results: list[Result] = []
    broken: list[str] = []
    begun = time.monotonic()
    with started(quick=arguments.quick, qdrant=arguments.qdrant) as bench:
        for name in arguments.only or ROWS:
            print(f"{time.monotonic() - begun:4.0f} s  {name} …", file=sys.stderr, flush=True)
            try:
                results.extend(ROWS[name](bench))
            except Exception:  # noqa: BLE001 - minutes of the other rows' figures are still worth having
                traceback.print_exc()
                broken.append(name)
    seconds = time.monotonic() - begun
    if arguments.json:
        print(table.as_json(results, seconds))
    else:
        table.show(results, seconds)
    if broken:
        sys.exit(f"Not measured, see the errors above: {', '.join(broken)}")


if __name__ == "__main__":
    main()
