"""Where a model's weights are, and which they are: found without loading the model or its library."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from museum_assets.core.failures import MuseumError

DEMO = "demo"
"""The value of DEMO_VARIABLE for the model in the package; also that model's name, with which its contract begins."""
DEMO_VARIABLE = "CLIP_WEIGHTS"
DEMO_FOLDER = Path(__file__).parent / DEMO
"""Configuration, vocabulary and weights, as `make demo-model` writes them."""

PROBE_TIMEOUT = 3.0
"""Seconds to reach the model hub. Its own client retried for 24 s without a network before it gave up."""

_HUB_FILE = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)/(?P<file>[\w./-]+\.(safetensors|bin|pt))")


@dataclass(frozen=True, slots=True)
class Weights:
    """A weights file and the SHA-256 of its content; without a path, the model keeps its first random numbers."""

    path: Path | None
    digest: str


def resolve(setting: str, *, demo: bool, variable: str = DEMO_VARIABLE) -> Weights:
    """Return the weights that a setting names: `org/repository/file.safetensors` on the hub, a path, or `demo`.

    `variable` is the setting's name. `demo` says whether the profile is the demo's, which alone may use its model, and
    for CLIP alone. Raises MuseumError saying what to set.
    """
    if setting == DEMO and variable == DEMO_VARIABLE:
        if not demo:
            raise MuseumError(
                f"{variable} is 'demo', a model that knows the simulator's drawings and nothing else, so only the "
                "demo profile accepts it. Set it to org/repository/file.safetensors of the model hub, or to a local "
                "file, or unset it."
            )
        return _measured(DEMO_FOLDER / f"{DEMO}.safetensors")
    found = _named(setting, variable)
    if isinstance(found, Path):
        return _measured(found)
    return _from_hub(found["repository"], found["file"], variable, demo=demo and variable == DEMO_VARIABLE)


def on_this_machine(setting: str, *, variable: str = DEMO_VARIABLE) -> Path | None:
    """Return the file of the weights that a setting names; None where the hub would have to be asked for it.

    Nothing is downloaded or read. Raises MuseumError for a setting that names nothing.
    """
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    if setting == DEMO and variable == DEMO_VARIABLE:
        return DEMO_FOLDER / f"{DEMO}.safetensors"
    found = _named(setting, variable)
    if isinstance(found, Path):
        return found
    try:
        return Path(hf_hub_download(found["repository"], found["file"], local_files_only=True))
    except LocalEntryNotFoundError:
        return None


def _named(setting: str, variable: str) -> Path | re.Match[str]:
    """Return the file that a setting names, or what it names on the hub. Raises MuseumError."""
    path = Path(setting).expanduser()
    if path.is_file():
        return path
    hub = _HUB_FILE.fullmatch(setting)
    if not hub or path.is_absolute() or setting.startswith("."):
        raise MuseumError(
            f"{variable} is {setting!r}, and there is no such file. Set it to an existing .safetensors file, or to "
            "org/repository/file.safetensors of the model hub."
        )
    return hub


def _from_hub(repository: str, file: str, variable: str, *, demo: bool) -> Weights:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    # A cached copy first: no network for the common case, and one model for as long as the cache lives.
    try:
        return _cached(Path(hf_hub_download(repository, file, local_files_only=True)))
    except LocalEntryNotFoundError:
        pass
    try:
        probe_hub()
        return _cached(Path(hf_hub_download(repository, file)))
    except HfHubHTTPError as error:
        raise MuseumError(
            f"The model hub does not give {file} of {repository}: {error}. Correct {variable}, or set HF_TOKEN when "
            "the repository needs one."
        ) from error
    except OSError as error:
        otherwise = f", or set {variable}={DEMO} for the model that the demo brings along" if demo else ""
        raise MuseumError(
            f"The weights {repository}/{file} are not on this machine and the model hub cannot be reached: {error}. "
            f"Allow this machine to reach it, or copy the file here and set {variable} to its path{otherwise}."
        ) from error


def probe_hub() -> None:
    """Raise OSError when the hub is switched off or does not answer at once."""
    import httpx
    from huggingface_hub import constants

    from resources.http_client import http_client

    if constants.is_offline_mode():
        raise OSError("HF_HUB_OFFLINE is set")
    try:
        with http_client(timeout=PROBE_TIMEOUT) as client:
            client.head(constants.ENDPOINT)
    except httpx.HTTPError as error:
        raise OSError(f"{constants.ENDPOINT}: {error}") from error


def _cached(path: Path) -> Weights:
    """Return the weights in the hub's cache, where a large file is a link to a blob named by its SHA-256."""
    blob = path.resolve()
    if re.fullmatch(r"[0-9a-f]{64}", blob.name):
        return Weights(path, blob.name)
    return Weights(path, _measured(blob).digest)


def _measured(path: Path) -> Weights:
    stat = path.stat()
    return Weights(path, _sha256(path, stat.st_size, stat.st_mtime_ns))


@cache
def _sha256(path: Path, size: int, modified_ns: int) -> str:  # noqa: ARG001  # they make a changed file a new key
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
