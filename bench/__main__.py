"""Measure and print: `python -m bench [--only NAME]... [--quick] [--json]`. A missed target is no error."""

from __future__ import annotations

import argparse
import logging
import sys
import time

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
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    results: list[Result] = []
    begun = time.monotonic()
    with started(quick=arguments.quick) as bench:
        for name in arguments.only or ROWS:
            print(f"{time.monotonic() - begun:4.0f} s  {name} …", file=sys.stderr, flush=True)
            results.extend(ROWS[name](bench))
    seconds = time.monotonic() - begun
    if arguments.json:
        print(table.as_json(results, seconds))
    else:
        table.show(results, seconds)


if __name__ == "__main__":
    main()
