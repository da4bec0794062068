"""Archives of every kind are read as they stream; hostile and damaged ones are refused, each with its own code."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import struct
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.archive_files.unpack.hostile import ArchiveLimits, BadArchive
from museum_assets.archive_files.unpack.unpack import check, members

FILES = {"data/a.txt": b"one\n" * 1000, "data/b.txt": b"", "c.txt": bytes(range(256)) * 3000}
NOISE = random.Random(5).randbytes(200_000)


def tar(files: dict[str, bytes] = FILES, *more: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
        for info in more:
            archive.addfile(info)
    return out.getvalue()


def zipped(files: dict[str, bytes] = FILES, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, body in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            archive.writestr(info, body)
    return out.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def encrypted() -> bytes:
    body = bytearray(zipped({"a.txt": b"secret"}, zipfile.ZIP_STORED))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[body.index(mark) + at] |= 1
    return bytes(body)


def wrong_crc() -> bytes:
    body = bytearray(zipped({"a.txt": b"abcdefgh"}, zipfile.ZIP_STORED))
    body[body.index(b"abcdefgh")] ^= 1
    return bytes(body)


def overlapping() -> bytes:
    """Two entries of the directory that are one member (Fifield's bomb in small)."""
    body = zipped({"a.txt": NOISE, "b.txt": b"x"}, zipfile.ZIP_STORED)
    first, second = (i for i in range(len(body)) if body[i : i + 4] == b"PK\x01\x02")
    changed = bytearray(body)
    changed[second + 42 : second + 46] = changed[first + 42 : first + 46]
    return bytes(changed)


def huge_pax() -> bytes:
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 1 << 30
    return info.tobuf() + b"1" * 4096


def broken_header() -> bytes:
    body = bytearray(tar({"a": b"x" * 512, "b": b"y" * 512}))
    body[1024 + 10] ^= 1
    return bytes(body)


WHOLE: dict[str, Callable[[], bytes]] = {
    "a.zip": zipped,
    "stored.zip": lambda: zipped(method=zipfile.ZIP_STORED),
    "bz.zip": lambda: zipped(method=zipfile.ZIP_BZIP2),
    "xz.zip": lambda: zipped(method=zipfile.ZIP_LZMA),
    "a.tar": tar,
    "a.tar.gz": lambda: gzip.compress(tar()),
    "a.tgz": lambda: gzip.compress(tar()[:5000]) + gzip.compress(tar()[5000:]),
    "a.tar.bz2": lambda: bz2.compress(tar()),
    "a.tar.xz": lambda: lzma.compress(tar()),
    "two.tar.xz": lambda: lzma.compress(tar()[:5000]) + b"\0" * 8 + lzma.compress(tar()[5000:]),
    "named_wrongly.txt": lambda: gzip.compress(tar()),
}


def in_pieces(stream: io.RawIOBase, size: int) -> bytes:
    """Read a stream in pieces of at most this many bytes."""
    return b"".join(iter(lambda: stream.read(size), b""))


@pytest.mark.parametrize("name", WHOLE)
def test_every_kind_yields_its_members(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(WHOLE[name]())
    found = {member.name: member.stream.read() for member in members(tmp_path / name)}
    # A raw stream may give less than all at once.
    assert set(found) == set(FILES)
    whole = {member.name: in_pieces(member.stream, 1000) for member in members(tmp_path / name)}
    assert whole == FILES
    checked = check(tmp_path / name, lambda each: each.startswith("data/"))
    assert (checked.members, checked.matching, checked.bytes) == (3, 2, 4000)


@pytest.mark.parametrize("packed", [gzip.compress, bz2.compress, lzma.compress, lambda body: body])
def test_a_single_file_is_one_member(tmp_path: Path, packed: Callable[[bytes], bytes]) -> None:
    path = tmp_path / ("a.txt" if packed(b"x") == b"x" else "a.txt.gz")
    path.write_bytes(packed(NOISE))
    ((name, body),) = [(member.name, in_pieces(member.stream, 999)) for member in members(path)]
    assert (name, body) == ("a.txt", NOISE)


HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "traversal.zip": ("path_traversal", lambda: zipped({"../../outside.txt": b"x"})),
    "traversal.tar": ("path_traversal", lambda: tar({"a/../../outside.txt": b"x"})),
    "backslash.zip": ("path_traversal", lambda: zipped({"a\\..\\..\\outside.txt": b"x"})),
    "absolute.zip": ("absolute_path", lambda: zipped({"/outside.txt": b"x"})),
    "absolute.tar.gz": ("absolute_path", lambda: gzip.compress(tar({"/outside.txt": b"x"}))),
    "drive.zip": ("absolute_path", lambda: zipped({"C:\\outside.txt": b"x"})),
    "symlink.tar": ("link_member", lambda: tar({}, entry("a", tarfile.SYMTYPE, "/etc/passwd"))),
    "hardlink.tar.xz": ("link_member", lambda: lzma.compress(tar({}, entry("a", tarfile.LNKTYPE, "b")))),
    "symlink.zip": ("link_member", zip_link),
    "device.tar": ("special_member", lambda: tar({}, entry("a", tarfile.CHRTYPE))),
    "fifo.tar": ("special_member", lambda: tar({}, entry("a", tarfile.FIFOTYPE))),
    "bomb.gz": ("decompression_bomb", lambda: gzip.compress(b"\0" * (40 << 20))),
    "bomb.tar.bz2": ("decompression_bomb", lambda: bz2.compress(tar({"a": b"\0" * (40 << 20)}))),
    "bomb.tar.xz": ("decompression_bomb", lambda: lzma.compress(tar({"a": b"\0" * (40 << 20)}))),
    "bomb.zip": ("decompression_bomb", lambda: zipped({"a": b"\0" * (40 << 20)})),
    "overlapping.zip": ("overlapping_members", overlapping),
    "pax.tar": ("bad_name", huge_pax),
    "truncated.zip": ("truncated_archive", lambda: zipped({"a": NOISE})[:-500]),
    "truncated.tar": ("truncated_archive", lambda: tar({"a": NOISE})[:100_000]),
    "unmarked.tar": ("truncated_archive", lambda: tar({"a": b"x" * 512})[:1024]),
    "truncated.tar.gz": ("truncated_archive", lambda: gzip.compress(tar({"a": NOISE}))[:100_000]),
    "truncated.tar.bz2": ("truncated_archive", lambda: bz2.compress(tar({"a": NOISE}))[:100_000]),
    "truncated.tar.xz": ("truncated_archive", lambda: lzma.compress(tar({"a": NOISE}))[:100_000]),
    "last_byte.gz": ("truncated_archive", lambda: gzip.compress(NOISE)[:-1]),
    "crc.zip": ("wrong_checksum", wrong_crc),
    "crc.gz": ("wrong_checksum", lambda: gzip.compress(NOISE)[:-8] + struct.pack("<II", 7, len(NOISE))),
    "header.tar": ("damaged_archive", broken_header),
    "garbage.tar.gz": ("damaged_archive", lambda: gzip.compress(tar({"a": NOISE})) + b"garbage"),
    "nested.zip": ("nested_archive", lambda: zipped({"inner.zip": zipped()})),
    "nested.tar": ("nested_archive", lambda: tar({"data.txt": gzip.compress(b"x")})),
    "nested_tar.tar.gz": ("nested_archive", lambda: gzip.compress(tar({"data": tar()}))),
    "encrypted.zip": ("encrypted_archive", encrypted),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_with_its_own_code_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    code, make = HOSTILE[name]
    work = tmp_path / "work"
    work.mkdir()
    (work / name).write_bytes(make())
    before = sorted(os.walk(tmp_path))
    with pytest.raises(BadArchive) as caught:
        check(work / name)
    assert (caught.value.code, caught.value.permanent) == (code, True)
    assert name in str(caught.value) or code == "bad_name"
    assert sorted(os.walk(tmp_path)) == before


def test_an_office_document_is_no_nested_archive(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"layout.xlsx": zipped(), "data.txt": b"x"}))
    assert check(tmp_path / "a.zip").members == 2


def test_limits_on_members_and_size(tmp_path: Path) -> None:
    for name, body in (("a.tar", tar()), ("a.zip", zipped()), ("a.tar.gz", gzip.compress(tar()))):
        (tmp_path / name).write_bytes(body)
        with pytest.raises(BadArchive) as caught:
            check(tmp_path / name, limits=ArchiveLimits(members=2))
        assert caught.value.code == "too_many_members"
        with pytest.raises(BadArchive) as caught:
            check(tmp_path / name, limits=ArchiveLimits(bytes=100_000))
        assert caught.value.code == "archive_too_large"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
def test_memory_stays_flat_over_a_bomb(tmp_path: Path) -> None:
    """A kilobyte of bzip2 that unpacks to 1.4 GB is stopped after megabytes."""
    path = tmp_path / "bomb.bz2"
    path.write_bytes(bz2.compress(b"\0" * (45 << 20)) * 32)
    code = (
        "import resource, sys\nfrom pathlib import Path\nfrom museum_assets.archive_files.unpack.unpack import check\n"
        "try:\n check(Path(sys.argv[1]))\nexcept Exception as e:\n print(e.code)\n"
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    )
    python = Path(os.sys.executable)  # type: ignore[attr-defined]
    done = subprocess.run([python, "-c", code, str(path)], capture_output=True, text=True, check=True)
    code, peak = done.stdout.split()
    assert code == "decompression_bomb"
    assert int(peak) < 200_000


@given(st.binary(max_size=3000), st.sampled_from(sorted(WHOLE)), st.integers(0, 2000))
def test_whatever_the_bytes_only_a_refusal_is_raised(tmp_path_factory: pytest.TempPathFactory, noise: bytes, name: str,
                                                     at: int) -> None:  # fmt: skip
    body = WHOLES[name]
    path = tmp_path_factory.getbasetemp() / f"noise-{name}"
    path.write_bytes(body[:at] + noise + body[at + len(noise) :])
    try:
        check(path)
    except BadArchive as refusal:
        assert refusal.permanent


WHOLES = {name: make() for name, make in WHOLE.items()}
