"""Hostile archives and lines are refused before they take memory: each is read in a process whose peak is measured."""

from __future__ import annotations

import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from museum_assets.archive_files.unpack.zipped import ENTRY
from tests.support.places import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc"),
]

MOST = 130 << 10
"""Kilobytes that reading may add to what the program itself takes."""

CHECK = "from museum_assets.archive_files.unpack.unpack import check as work"
READ = """
from museum_assets.archive_files.read.block import Checkpoint
from museum_assets.archive_files.read.parse import read_blocks
from tests.support.archive_files import declared
def work(path):
    rows, refused = 0, set()
    for block in read_blocks(declared(**{options}), [path], Checkpoint()):
        rows += block.rows
        refused |= {{each.code for each in block.refused}}
    print(rows, *refused)
import pyarrow, pyarrow.csv
"""
PEAK = """
import sys
from pathlib import Path
def peak():
    return int(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])
before = peak()
try:
    work(Path(sys.argv[1]))
except Exception as error:
    print(getattr(error, 'code', repr(error)))
print(peak() - before)
"""


def outcome(path: Path, code: str) -> tuple[str, int]:
    """(what was printed, the kilobytes that it took) of reading a file in a process of its own."""
    done = subprocess.run([sys.executable, "-c", code + PEAK, str(path)], capture_output=True, text=True, check=True,
                          cwd=ROOT)  # fmt: skip
    said, kilobytes = done.stdout.splitlines()
    return said, int(kilobytes)


def zip_of(members: int) -> Callable[[Path], None]:
    """A ZIP file that is all directory."""

    def write(path: Path) -> None:
        entry = bytearray(46)
        entry[:4], entry[28] = ENTRY, 1
        directory = (bytes(entry) + b"a") * members
        end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, members, members, len(directory), 30)
        locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 30 + len(directory), 1)
        end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
        path.write_bytes(b"PK\x03\x04" + bytes(26) + directory + end64 + locator + end)

    return write


def header(kind: bytes, size: int) -> bytes:
    info = tarfile.TarInfo("a")
    info.type, info.size = kind, size
    return info.tobuf()


def tar_of(kind: bytes, headers: int, *, apart: bool = False) -> Callable[[Path], None]:
    """A TAR of headers of a megabyte each, in a file with holes; `apart` by members of their own."""

    def write(path: Path) -> None:
        size = (1 << 20) - 512
        with path.open("wb") as file:
            for number in range(headers):
                file.write(header(kind, size))
                start = file.tell()
                file.write(b"%d comment%d=" % (size, number))
                file.seek(start + size - 1)
                file.write(b"\n")  # Python 3.13 calls a record without it damaged, and reads no further
                if apart:
                    file.write(header(tarfile.REGTYPE, 0))
            file.write(bytes(1024))

    return write


def sparse_tar(path: Path) -> None:
    """The map of an old sparse file, which goes on for 60 MB and took 170 MB."""
    first = bytearray(header(tarfile.GNUTYPE_SPARSE, 0))
    first[482] = 1
    first[148:156] = b" " * 8
    first[148:156] = b"%06o\0 " % sum(first)
    block = (b"%011o\0" % 1 + b"%011o\0" % 1) * 21 + b"\1" + bytes(7)
    path.write_bytes(bytes(first) + block * 120_000 + bytes(1024))


ARCHIVES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "million.zip": ("too_many_members", zip_of(1_500_000)),
    "half_a_million.zip": ("too_many_members", zip_of(500_000)),
    "global.tar": ("bad_name", tar_of(tarfile.XGLTYPE, 250)),
    "global_apart.tar": ("bad_name", tar_of(tarfile.XGLTYPE, 250, apart=True)),
    "chained.tar": ("bad_name", tar_of(tarfile.XHDTYPE, 250)),
    "long_names.tar": ("bad_name", tar_of(tarfile.GNUTYPE_LONGNAME, 250)),
    "sparse.tar": ("special_member", sparse_tar),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_hostile_directory_is_refused_before_it_takes_memory(tmp_path: Path, name: str) -> None:
    code, write = ARCHIVES[name]
    write(tmp_path / name)
    said, kilobytes = outcome(tmp_path / name, CHECK)
    assert said == code
    assert kilobytes < MOST, f"{kilobytes >> 10} MB"


QUOTED = {"quote": '"', "delimiter": ","}
PLAIN = {"delimiter": ","}
LINES: dict[str, tuple[str, dict[str, str], bytes, bytes]] = {
    # name: (what comes of it, the format, what comes first, and what follows it)
    "31 MB of commas, quoted": ("line_too_long", QUOTED, b"number,value\n1,2\n", b"," * (31 << 20) + b"\n3,4\n"),
    "31 MB of commas": ("line_too_long", PLAIN, b"number,value\n1,2\n", b"," * (31 << 20) + b"\n3,4\n"),
    "15 MB of commas, quoted": ("2 row_too_long", QUOTED, b"number,value\n1,2\n", b"," * (15 << 20) + b"\n3,4\n"),
    "15 MB of commas": ("2 row_too_long", PLAIN, b"number,value\n1,2\n", b"," * (15 << 20) + b"\n3,4\n"),
    "3 MB of commas": ("2 field_count", PLAIN, b"number,value\n1,2\n", b"," * (3 << 20) + b"\n3,4\n"),
    "a header of commas": ("too_many_columns", PLAIN, b"", b"," * (15 << 20)),
    "a header of names, quoted": ("too_many_columns", QUOTED, b"", b"ab," * (1 << 20)),
    "lines of one letter": ("1 field_count", PLAIN, b"number,value\n1,2\n", b"x\n" * (2 << 20)),
    "lines of one letter, quoted": ("1 field_count", QUOTED, b"number,value\n1,2\n", b"x\n" * (1 << 20)),
    "an open quotation mark": ("1 bad_quoting field_count", QUOTED, b"number,value\n1,2\n",
                               b'"' + (b"x" * 60_000 + b"\n") * 200),
    "15 MB of empty objects": ("1 record_too_large", {"format": "jsonl"}, b'{"number":1,"value":2}\n',
                               b'{"number":[' + b"{}," * (5 << 20) + b"{}]}\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_a_hostile_line_costs_its_own_row_and_no_memory(tmp_path: Path, name: str) -> None:
    said, options, first, then = LINES[name]
    (tmp_path / "data.txt").write_bytes(first + then)
    found, kilobytes = outcome(tmp_path / "data.txt", READ.format(options=options))
    assert sorted(found.split()) == sorted(said.split())
    assert kilobytes < MOST, f"{kilobytes >> 10} MB"


def test_an_lzma_member_may_not_ask_for_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.txt", b"x" * 1000)
    body = bytearray(path.read_bytes())
    at = 30 + len("a.txt") + 5
    body[at : at + 4] = struct.pack("<I", 3 << 30)
    path.write_bytes(body)
    assert outcome(path, CHECK)[0] == "unsupported_archive"
