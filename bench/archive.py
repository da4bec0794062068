"""Import a file of the benchmark in a process of its own: `python -m bench.archive FILE` prints seconds and peak bytes.

The database is DATABASE_URL's.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

from bench.peak import peak_bytes
from museum_assets.archive_files.declared import Column, DeclaredSource
from museum_assets.archive_files.download.transfer import Downloaded, RemoteFile, checked_sha256
from museum_assets.archives.load import load
from museum_assets.core.progress import silent
from resources.postgres import Database

TEXTS = ("acct", "use_code", "district", "map", *(f"address_{n}" for n in range(1, 9)), "legal_1", "legal_2", "note")
INTEGERS = ("year", "erected", "remodelled", *(f"area_{n}" for n in range(1, 8)), *(f"value_{n}" for n in range(1, 16)))
COLUMNS = {name: Column(type="text") for name in TEXTS} | {name: Column(type="integer") for name in INTEGERS}

SOURCE = DeclaredSource(
    name="bench",
    title="A county's accounts, made up",
    urls=("file:///bench.txt",),
    format="delimited",
    delimiter="\t",
    quote="",
    encoding="iso-8859-1",
    header="absent",
    layout=tuple(COLUMNS),
    keys=("acct",),
    columns=COLUMNS,
)


def generate(path: Path, size: int) -> int:
    """Write rows until the file has this size; return how many.

    They are modelled on the one table of a gigabyte that the county publishes: its accounts have 890 MB in 1.6 million
    rows. Accounts are padded with spaces, texts hold stray quotation marks and accents, some are empty.
    """
    dice = random.Random(1)
    tails = [_tail(dice) for _ in range(5000)]
    rows = written = 0
    with path.open("wb") as file:
        while written < size:
            body = b"".join(b"%013d   %s" % (rows + n, tails[(rows + n) % 5000]) for n in range(5000))
            rows, written = rows + 5000, written + file.write(body)
    return rows


def _tail(dice: random.Random) -> bytes:
    codes = (dice.choice(("A1", "B2", "B4")), f"{dice.randrange(99):02}", f"{dice.randrange(9999)}A")
    addresses = (f"{dice.randrange(1, 9999)} {dice.choice(('Main', 'Élysée', 'Oak'))} ST BLK {n}" for n in range(8))
    legal = (f"LT {dice.randrange(99)} BLK {dice.randrange(99)}", 'TRS 2" & 3 "', dice.choice(("", "SALV GAR APMT.")))
    numbers = (2026, dice.randrange(1850, 2026), 0, *(dice.randrange(200, 900_000) for _ in range(22)))
    return ("\t" + "\t".join((*codes, *addresses, *legal, *map(str, numbers))) + "\r\n").encode("iso-8859-1")


def main() -> None:
    """Import as `museum archive import` does with a file on this machine: checksum, check, load, index, publish."""
    path = Path(sys.argv[1])
    began = time.perf_counter()
    file = Downloaded(path, checked_sha256(path, RemoteFile(path.as_uri(), path.name), silent), path.as_uri())
    found = load(Database(os.environ["DATABASE_URL"]), SOURCE, [file], force=True)
    assert (found.state, found.rejected, found.duplicate) == ("loaded", 0, 0)
    print(time.perf_counter() - began, peak_bytes(), found.loaded)


if __name__ == "__main__":
    main()
