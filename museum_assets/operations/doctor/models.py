"""The models: their weights, the APIs that embed or read, and the cluster that does the work. Nothing is downloaded."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from museum_assets.collection.vectors.embedders import JINA, SIGLIP
from museum_assets.operations.doctor.line import Line, well
from museum_assets.operations.doctor.reached import answer, connection
from resources.embedders.weights import on_this_machine, probe_hub
from resources.platform import Platform

RAY_PORT = 6379


def clip(platform: Platform) -> Iterator[Line]:
    """Look for the weights of the CLIP model."""
    yield _weights("CLIP_WEIGHTS", platform.settings.clip_weights)


def siglip(platform: Platform) -> Iterator[Line]:
    """Look for the weights of the SigLIP model, where it is in use."""
    if not SIGLIP.inactive(platform.settings):
        yield _weights("SIGLIP_WEIGHTS", platform.settings.siglip_weights or "")


def jina(platform: Platform) -> Iterator[Line]:
    """Look whether Jina's API can be reached, where it is in use. Nothing is embedded, which would cost money."""
    if not JINA.inactive(platform.settings):
        url = platform.settings.jina_api_url
        yield answer("JINA_API_URL", url, "let this machine reach it, or unset JINA_API_KEY for no Jina vectors")


def language_model(platform: Platform) -> Iterator[Line]:
    """Ask the API that reads documents for its models, where one is configured."""
    settings = platform.settings
    if settings.llm_base_url:
        key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else ""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        remedy = "check LLM_BASE_URL and LLM_API_KEY, or unset LLM_BASE_URL"
        yield answer("LLM_BASE_URL", f"{settings.llm_base_url.rstrip('/')}/models", remedy, headers)
    if settings.llm_base_url and not settings.llm_model:
        yield Line("LLM_MODEL", "fail", "no model is named to read documents", "set LLM_MODEL")


def ray(platform: Platform) -> Iterator[Line]:
    """Look whether the Ray cluster takes connections, where work goes to one."""
    address = platform.settings.ray_address
    if platform.settings.workers == "ray" and address:
        parts = urlsplit(address if "://" in address else f"//{address}")
        remedy = "start it with `ray start --head` there, correct RAY_ADDRESS, or set WORKERS=threads"
        yield connection("RAY_ADDRESS", parts.hostname or "", parts.port or RAY_PORT, remedy)


def _weights(variable: str, setting: str) -> Line:
    path = on_this_machine(setting, variable=variable)
    if path is not None:
        return well(variable, f"the weights are here, {path.stat().st_size / 1e6:,.0f} MB")
    try:
        probe_hub()
    except OSError as error:
        remedy = f"let this machine reach the model hub, or copy the file here and set {variable} to its path"
        return Line(variable, "fail", f"{setting} is not on this machine, and the hub does not answer: {error}", remedy)
    repository, _, file = setting.rpartition("/")
    remedy = f"nothing, or fetch it now: `hf download {repository} {file}`"
    return Line(variable, "warn", f"{setting} is not on this machine: the first run downloads it", remedy)
