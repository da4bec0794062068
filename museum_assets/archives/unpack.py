"""Reading an archive member by member, never to disk: ZIP, TAR, TAR.GZ/BZ2/XZ, GZ/BZ2/XZ, or a plain file.

What a file is, is told by its bytes and not by its name. `check` reads all of it first, with every checksum there is,
so that nothing is loaded from an archive that is hostile or damaged near its end; see `museum_assets.archives.hostile`.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from museum_assets.archives.hostile import BadArchive, Guarded, Limits, Suspect, check_name, check_nested, refuse
from museum_assets.archives.zipped import zip_members

BLOCK = 1 << 18
XZ_MEMORY = 256 * 2**20
"""Bytes of dictionary that an xz file may ask for; `xz -9` takes 64 MB."""

EXTENSIONS = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME,
              tarfile.GNUTYPE_LONGLINK)  # fmt: skip
LONGEST_EXTENSION = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive. `stream` is to be read before the next member is asked for."""

    index: int
    name: str
    stream: io.RawIOBase
    alone: bool = False
    """Whether the file is no archive but this one, perhaps compressed."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a whole reading found: members in total, those that were wanted, and their unpacked bytes."""

    members: int
    wanted: int
    bytes: int


def check(path: Path, wanted: Callable[[str], bool] = lambda _: True, limits: Limits | None = None) -> Checked:
    """Read all of an archive and keep nothing. Raises BadArchive."""
    count = matching = size = 0
    for member in members(path, limits):
        head = member.stream.read(512)
        if not member.alone:
            check_nested(Suspect(path.name, member.name), head)
        length = len(head)
        while body := member.stream.read(BLOCK):
            length += len(body)
        count += 1
        if member.alone or wanted(member.name):
            matching += 1
            size += length
    return Checked(count, matching, size)


def members(path: Path, limits: Limits | None = None) -> Iterator[Member]:
    """Yield the files in an archive, in its order. Raises BadArchive, also half way."""
    limits = limits or Limits()
    with _errors(path.name), path.open("rb") as file:
        head = file.read(512)
        file.seek(0)
        found: Iterator[tuple[str, IO[bytes], bool]]
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
            found = ((*each, False) for each in zip_members(file, path.name, limits))
        else:
            found = _streamed(file, head, path.name, limits)
        for index, (name, stream, alone) in enumerate(found):
            if index >= limits.members:
                raise refuse("too_many_members", path.name, f"it has more than {limits.members:,} members")
            yield Member(index, name, _Stream(stream, path.name), alone)


def _streamed(file: IO[bytes], head: bytes, archive: str, limits: Limits) -> Iterator[tuple[str, IO[bytes], bool]]:
    opened = _decompressed(file, head)
    if opened is None and not _is_tar(head):
        yield archive, file, True
        return
    with closing(opened or file) as inner:
        # Looking whether it is a TAR must not take a byte from whoever reads it.
        guarded = Guarded(inner, file.tell, archive, limits)
        ahead = io.BufferedReader(guarded, BLOCK)
        if opened is not None and not _is_tar(ahead.peek(512)[:512]):
            yield archive.rpartition(".")[0] or archive, ahead, True
            return
        yield from ((*each, False) for each in _tar_members(ahead, guarded, archive))


def _decompressed(file: IO[bytes], head: bytes) -> IO[bytes] | None:
    if head.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=file, mode="rb")  # type: ignore[return-value]
    if head.startswith(b"BZh"):
        return bz2.BZ2File(file)
    return io.BufferedReader(_Xz(file)) if head.startswith(b"\xfd7zXZ\x00") else None


class _Stream(io.RawIOBase):
    """A member's bytes; what the libraries raise while they are read is a refusal of the archive."""

    def __init__(self, inner: IO[bytes], archive: str) -> None:
        self._inner = inner
        self._archive = archive

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        with _errors(self._archive):
            return self._inner.read(size)

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        body = self.read(len(buffer))
        buffer[: len(body)] = body
        return len(body)


class _Xz(io.RawIOBase):
    """An xz file with a bound on its memory, which `lzma.LZMAFile` has no parameter for (Python 3.13)."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decoder = self._new()
        self._rest = b""

    @staticmethod
    def _new() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while True:
            if self._decoder.eof and not self._follows():
                return 0
            body = b""
            if self._decoder.needs_input:
                body, self._rest = self._rest or self._file.read(BLOCK), b""
                if not body:
                    raise EOFError("the file ended within an xz stream")
            if found := self._decoder.decompress(body, len(buffer)):
                buffer[: len(found)] = found
                return len(found)

    def _follows(self) -> bool:
        """Go to the next stream: they may follow one another, with zeros between them. False at the end."""
        rest = self._decoder.unused_data
        while not (rest := rest.lstrip(b"\0")):
            if not (rest := self._file.read(BLOCK)):
                return False
        self._decoder, self._rest = self._new(), rest
        return True


class _BoundedTarInfo(tarfile.TarInfo):
    """A header whose extension is bounded: tarfile reads a long name or a pax header into memory, however long."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _BoundedTarInfo:
        found = super().frombuf(buf, encoding, errors)
        if found.type in EXTENSIONS and found.size > LONGEST_EXTENSION:
            raise refuse("bad_name", "a TAR", f"a header extension claims {found.size:,} bytes")
        return found


def _is_tar(head: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _tar_members(ahead: IO[bytes], guarded: Guarded, archive: str) -> Iterator[tuple[str, IO[bytes]]]:
    tar = tarfile.open(fileobj=ahead, mode="r|", bufsize=BLOCK, tarinfo=_BoundedTarInfo)  # noqa: SIM115 - not ours
    while (info := tar.next()) is not None:
        # Forgotten at once: a list of a million headers is a gigabyte.
        tar.members.clear()  # type: ignore[attr-defined]
        suspect = Suspect(archive, info.name)
        if info.isdir():
            continue
        check_name(suspect)
        if info.issym() or info.islnk():
            raise refuse("link_member", archive, f"the member {info.name!r:.120} is a link to {info.linkname!r:.120}")
        if not info.isreg() or info.issparse():
            raise refuse("special_member", archive, f"the member {info.name!r:.120} is no plain file")
        stream = tar.extractfile(info)
        assert stream is not None
        yield info.name, stream
    # tarfile takes a broken header for the end: then something other than zeros follows.
    while ahead.read(BLOCK):
        pass
    if guarded.last_nonzero > tar.offset:
        raise refuse("damaged_archive", archive, f"at byte {tar.offset:,} is no header of a member")
    if guarded.count < tar.offset + tarfile.BLOCKSIZE:
        raise refuse("truncated_archive", archive, "it ends without the mark of its end")


@contextmanager
def _errors(archive: str) -> Iterator[None]:
    """Turn what the libraries raise into refusals."""
    try:
        yield
    except BadArchive:
        raise
    except (EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, ValueError) as error:
        raise refuse(_code(error), archive, f"{type(error).__name__}: {error}") from error
    except (NotImplementedError, RuntimeError) as error:
        raise refuse("unsupported_archive", archive, f"{error}") from error


def _code(error: Exception) -> str:
    said = str(error)
    # A ZIP's directory stands at its end: without it the file was cut off.
    if isinstance(error, EOFError) or "end of data" in said or "not a zip file" in said:
        return "truncated_archive"
    crc = isinstance(error, gzip.BadGzipFile) and ("CRC" in said or "length" in said)
    return "wrong_checksum" if crc or "Bad CRC" in said else "damaged_archive"
