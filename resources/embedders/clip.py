"""Image and text vectors of CLIP and SigLIP, made in this process by open_clip."""

from __future__ import annotations

import io
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from museum_assets.core.failures import Failure, Malformed, MuseumError, RequestRefused
from resources.embedders.embedder import Vector, unit
from resources.embedders.freed_memory import keep_freed_memory
from resources.embedders.tokenizers import tokenizer
from resources.embedders.weights import Weights

log = logging.getLogger(__name__)

BATCHES = {"cpu": 8, "mps": 32, "cuda": 256}
"""Inputs per pass on each kind of device; Apple's GPU (mps) shares the machine's memory.

On two cores with AVX512-BF16 an image takes 0.33 s alone and 0.22 s in a batch of 8, but no less in one of 16; in
float32 a batch gains nothing (1.55 against 1.45 s), it only costs memory."""

_loading = Lock()


@dataclass(frozen=True, slots=True)
class Family:
    """Models of open_clip that were trained alike: the same preparation of images, and the same settings here."""

    name: str
    """Of the embedder. Its settings begin with it."""
    dimension: int
    example: str
    """A model of this dimension, for messages."""
    preprocessing: str
    """Names the transform in the contract: change it with the transform, so that everything is embedded anew."""
    image_mean: tuple[float, ...] | None = None
    image_std: tuple[float, ...] | None = None
    image_resize_mode: str | None = None

    def setting(self, what: str) -> str:
        """Return the name of one of its settings, such as CLIP_MODEL."""
        return f"{self.name}_{what}".upper()

    @property
    def transform(self) -> dict[str, Any]:
        """What open_clip is told of its images. Weights in a file bring none of it along, and CLIP's is the default."""
        return {name: getattr(self, name) for name in ("image_mean", "image_std", "image_resize_mode")}


CLIP = Family("clip", 768, "ViT-L-14", "clip-v1")
"""Its images: shorter side to the model's size (bicubic), centre crop, CLIP's mean and spread."""
SIGLIP = Family("siglip", 768, "ViT-B-16-SigLIP-i18n-256", "siglip-v1", (0.5,) * 3, (0.5,) * 3, "squash")
"""Its images: both sides to the model's size (bicubic), nothing cut off, values from -1 to 1."""


class ClipEmbedder:
    """An open_clip model, loaded at the first use and once a process, however many embedders ask for it.

    `model_configs` is a directory of further open_clip model configurations (JSON). A vocabulary `<model>.txt.gz`
    beside one is that model's own.
    """

    def __init__(
        self,
        model: str,
        weights: Weights,
        *,
        family: Family = CLIP,
        batch: int | None = None,
        model_configs: Path | None = None,
    ) -> None:
        self.family, self.name, self.dimension = family, family.name, family.dimension
        self.model = model
        self.weights = weights
        self.batch = batch
        self.model_configs = model_configs

    @property
    def contract(self) -> str:
        """Model, weights and preprocessing; precision is left out, see `fastest_precision`."""
        return f"{self.model}:{self.weights.digest[:16]}:{self.family.preprocessing}"

    def embed_images(self, images: Sequence[bytes]) -> list[Vector | Failure]:
        """Embed JPEGs, decoded ahead of the model in threads."""
        clip = self._load()
        with ThreadPoolExecutor(max_workers=min(16, os.cpu_count() or 1)) as pool:
            return self._embed(pool.map(clip.pixels, images), clip.encode_images, clip.device)

    def embed_texts(self, texts: Sequence[str]) -> list[Vector | Failure]:
        """Embed texts; what goes beyond the model's context (77 tokens of CLIP, 64 of SigLIP) is cut off."""
        clip = self._load()
        return self._embed(map(clip.tokens, texts), clip.encode_texts, clip.device)

    def _embed(self, prepared: Iterator[Any], encode: Callable[[Any], Any], device: str) -> list[Vector | Failure]:
        """Run the model over the inputs that could be prepared, batch by batch; keep the order."""
        results: list[Any] = []
        waiting: list[int] = []
        size = self.batch or BATCHES[device]

        def flush() -> None:
            if waiting:
                for place, vector in zip(waiting, encode([results[place] for place in waiting]), strict=True):
                    results[place] = unit(vector)
                waiting.clear()

        for item in prepared:
            results.append(item)
            if not isinstance(item, Failure):
                waiting.append(len(results) - 1)
            if len(waiting) == size:
                flush()
        flush()
        return results

    def _load(self) -> _Clip:
        # functools.cache alone would let two threads load 1.7 GB each.
        with _loading:
            return _load(self.family, self.model, self.weights, self.model_configs)


@dataclass(frozen=True, slots=True)
class _Clip:
    """A loaded model with what prepares its inputs."""

    family: Family
    model: Any
    preprocess: Callable[[Any], Any]
    tokenizer: Callable[[str], Any]
    device: str
    dtype: Any

    def pixels(self, image: bytes) -> Any:
        """Decode one image to a float32 tensor [3, size, size], or return a permanent failure."""
        from PIL import Image, UnidentifiedImageError

        try:
            with Image.open(io.BytesIO(image), formats=["JPEG"]) as opened:
                return self.preprocess(opened)
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            return Malformed(
                f"The {len(image):,} bytes of the image cannot be decoded: {error}. Delete the thumbnail and store it "
                "anew.",
                code="undecodable_image",
                permanent=True,
            )

    def tokens(self, text: str) -> Any:
        """Return the text's tokens [context], or a permanent failure when there is nothing in it."""
        return refused(text) or self.tokenizer(text)[0]

    def encode_images(self, pixels: list[Any]) -> Any:
        """Return float32 [n, dimension]."""
        import torch

        with torch.inference_mode(), explained_memory(self.family):
            batch = torch.stack(pixels).to(self.device, self.dtype)
            return self.model.encode_image(batch).float().cpu().numpy()

    def encode_texts(self, tokens: list[Any]) -> Any:
        """Return float32 [n, dimension]."""
        import torch

        with torch.inference_mode(), explained_memory(self.family):
            return self.model.encode_text(torch.stack(tokens).to(self.device)).float().cpu().numpy()


def refused(text: str) -> Failure | None:
    """Return the failure of a text with nothing in it, None for any other."""
    if text.strip():
        return None
    return RequestRefused("The text is empty, so there is nothing to embed.", code="empty_text")


@cache
def _load(family: Family, name: str, weights: Weights, model_configs: Path | None) -> _Clip:
    import open_clip
    import torch

    started = time.monotonic()
    if model_configs is not None:
        open_clip.add_model_config(model_configs)
    config = open_clip.get_model_config(name)
    if config is None:
        raise MuseumError(
            f"open_clip has no model {name!r}. Set {family.setting('model')} to one that it has, such as "
            f"{family.example}."
        )
    if config["embed_dim"] != family.dimension:
        raise MuseumError(
            f"{family.setting('model')}={name} makes vectors of {config['embed_dim']} numbers, but the index takes "
            f"{family.dimension}. Choose a model with that dimension, such as {family.example}."
        )
    tokens = tokenizer(name, config["text_cfg"], model_configs, family.setting("model"))
    device = fastest_device()
    if device == "cpu":
        keep_freed_memory()
    dtype = fastest_precision(device)
    try:
        # Whatever the weights do not name gets the same numbers in every process; forked, so that nobody else's change.
        with torch.random.fork_rng(devices=[]), _without_notice():
            torch.manual_seed(0)
            model, _, preprocess = open_clip.create_model_and_transforms(
                name,
                pretrained=str(weights.path) if weights.path else None,
                # "pure": all of it. Plain "bf16" goes to float32 and back for each of the 50 normalisations.
                precision={torch.float32: "fp32", torch.bfloat16: "pure_bf16", torch.float16: "pure_fp16"}[dtype],
                device=device,
                **family.transform,
            )
    # open_clip falls over a SigLIP's weights in a CLIP, which have a bias that it lacks, and over files without scale.
    except (RuntimeError, AttributeError, KeyError) as error:
        raise MuseumError(
            f"The weights {weights.path} do not load into {family.setting('model')}={name}: {str(error)[:300]}. "
            f"Set {family.setting('model')} to the architecture that {family.setting('weights')} were trained with."
        ) from error
    log.info("%s loaded in %.1f s on %s as %s", name, time.monotonic() - started, device, dtype)
    if device == "cpu" and dtype == torch.bfloat16:
        from resources.embedders.packed import pack

        pack(model)
    return _Clip(family, model.eval(), preprocess, tokens, device, dtype)


def fastest_device() -> str:
    """Return the device to compute on: NVIDIA's GPU, else Apple's, else the processor."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def fastest_precision(device: str) -> Any:
    """Return the torch dtype to compute in: half the width where that is really faster, else float32.

    The vectors agree whichever it is (cosine 0.99 and better), so machines of either kind may share an index.
    """
    import torch

    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device == "mps":
        return torch.float32  # nobody has measured there that half the width is faster and agrees
    # Measured, because no flag tells: with AMX or AVX512-BF16 it is 2-4 times faster, but a processor without them
    # emulates it and took 85 s for 8 images instead of 12.
    return torch.bfloat16 if 1.5 * _multiply(torch.bfloat16) < _multiply(torch.float32) else torch.float32


def _multiply(dtype: Any) -> float:
    """Return the seconds of one matrix multiplication, the best of three; the first only warms up."""
    import torch

    left, right = torch.ones(256, 1024, dtype=dtype), torch.ones(1024, 1024, dtype=dtype)
    seconds = []
    for _ in range(4):
        started = time.perf_counter()
        torch.mm(left, right)
        seconds.append(time.perf_counter() - started)
    return min(seconds[1:])


@contextmanager
def explained_memory(family: Family) -> Iterator[None]:
    """Turn a full GPU into an error that says what to do."""
    import torch

    try:
        yield
    except RuntimeError as error:
        # Apple's has no class of its own.
        if not isinstance(error, torch.OutOfMemoryError) and "MPS backend out of memory" not in str(error):
            raise
        raise MuseumError(
            f"The GPU's memory is full: {error}. Set {family.setting('batch')} smaller, or free the GPU."
        ) from error


@contextmanager
def _without_notice() -> Iterator[None]:
    """Drop open_clip's remark that no weights were loaded: only benchmarks have none, and mean it."""

    def keep(record: logging.LogRecord) -> bool:
        return "No pretrained weights loaded" not in record.getMessage()

    logging.getLogger().addFilter(keep)
    try:
        yield
    finally:
        logging.getLogger().removeFilter(keep)
