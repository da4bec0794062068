"""image_clip: the batched embedder, and the stage with its cache, against one image at a time in float32."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

from bench.bench import Bench
from bench.collection import MUSEUM, emptied, harvested, records, transformed
from bench.image_server import picture, serving
from bench.measuring import Result, Target, alternated, per_second, rate, ratio
from bench.rows.thumbnails import store_thumbnails
from museum_assets.collection.stages import STAGES
from museum_assets.collection.thumbnails.stage import stored_thumbnails
from museum_assets.collection.vectors.embedding import EmbeddingPart, EmbeddingStage
from museum_assets.collection.vectors.index import IndexStage
from museum_assets.collection.vectors.stages import indexed_artworks
from museum_assets.images.thumbnail import make_thumbnail
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Stage
from museum_assets.loop.workers import Threads
from resources.embedders.clip import ClipEmbedder, fastest_device, fastest_precision
from resources.embedders.weights import Weights
from resources.platform import Platform
from resources.vector_index.edge import EdgeVectorIndex

TARGET = Target("at least", 4)
SHOWN_BY = 4
"""Artworks per picture in the row of the cache."""
NARROW = ("amx_bf16", "amx_int8", "avx512_bf16", "avx512_vnni", "avx_vnni")
"""The instructions that make narrower numbers faster than float32 on a CPU."""

IMAGES = next(spec for spec in STAGES if spec.vector and spec.vector.input == "image")


def measure(bench: Bench) -> Iterator[Result]:
    """Embed thumbnails with the configured model; random weights cost the same arithmetic as trained ones."""
    model = bench.settings.clip_model
    embedder = ClipEmbedder(model, Weights(None, "random"))
    images = [make_thumbnail(picture(n), max_dimension=800, quality=85).jpeg for n in range(bench.size(8, 2))]
    one_image = _one_at_a_time(model)
    for warm in (one_image, lambda image: embedder.embed_images([image])):
        warm(images[0])

    def one_by_one() -> float:
        return rate(len(images), lambda: [one_image(image) for image in images])

    sides = {"embedder": lambda: rate(len(images), lambda: embedder.embed_images(images)), "one by one": one_by_one}
    rates = alternated(bench.size(2, 1), sides)
    yield Result("embedding", f"{model} in batches, against one at a time in float32",
                 ratio(rates, "embedder", "one by one"), "times", TARGET,
                 f"{per_second(rates, 'images')}; {hardware()}")  # fmt: skip
    yield from _cached(bench, embedder, bench.size(4, 2), one_by_one)


def _cached(bench: Bench, embedder: ClipEmbedder, pictures: int, one_by_one: Callable[[], float]) -> Iterator[Result]:
    """Run the stage over artworks that show few pictures. Its batches are so small that most meet the cache."""
    count = SHOWN_BY * pictures
    with bench.platform() as platform, serving(pictures) as image_server:
        stage = _stage(platform, image_server, embedder, count, batch=pictures)
        database = platform.database()

        def ours() -> float:
            with database.connect() as conn:
                conn.execute("DELETE FROM ops.ledger WHERE stage = 'image_clip'")
            emptied(database, "ops.vector")
            return rate(count, lambda: run_stage(database, MUSEUM, stage))

        rates = alternated(bench.size(2, 1), {"stage": ours, "one by one": one_by_one})
        with database.connect() as conn:
            made = conn.execute("SELECT count(*) AS made FROM ops.vector").fetchone()
    assert made == {"made": pictures}
    yield Result("embedding", f"image_clip where {SHOWN_BY} artworks show each image, against one at a time",
                 ratio(rates, "stage", "one by one"), "times", TARGET,
                 f"{per_second(rates, 'artworks')}; {pictures} images embedded for {count} artworks")  # fmt: skip


def _stage(platform: Platform, image_server: str, embedder: ClipEmbedder, count: int, batch: int) -> Stage:
    """Prepare everything that comes before the embedding."""
    database = platform.database()
    store = platform.thumbnails()
    store.ensure_bucket()
    harvested(database, records(count, pictures=count // SHOWN_BY, image_server=image_server))
    transformed(database)
    store_thumbnails(platform, image_server)
    index = EdgeVectorIndex(platform.settings.home / "vectors")
    with index.open() as session:
        session.ensure_collection({IMAGES.name: embedder.dimension})
    run_stage(database, MUSEUM, indexed_artworks.bind(IndexStage(index), "bench"))
    workers = Threads(EmbeddingPart(embedder, store, stored_thumbnails))
    return IMAGES.bind(EmbeddingStage(workers, embedder.contract, index, database, batch=batch), "bench")


def _one_at_a_time(model: str) -> Callable[[bytes], object]:
    """Return open_clip as its own examples use it."""
    import open_clip
    import torch
    from PIL import Image

    device = fastest_device()
    clip, _, preprocess = open_clip.create_model_and_transforms(model, precision="fp32", device=device)
    clip.eval()

    def embed(image: bytes) -> object:
        with torch.inference_mode(), Image.open(io.BytesIO(image)) as opened:
            return clip.encode_image(preprocess(opened).unsqueeze(0).to(device)).cpu().numpy()

    return embed


def hardware() -> str:
    """Return what the model ran on, in which precision, and whether there are units for a narrower one."""
    import torch

    device = fastest_device()
    precision = str(fastest_precision(device)).removeprefix("torch.")
    if device == "cuda":
        return f"{torch.cuda.get_device_name()}, {precision}"
    if device == "mps":
        return f"Apple's GPU, {precision}"
    has = torch.cpu.get_capabilities()
    units = [name for name in NARROW if has.get(name)]
    able = ", ".join(units) or "no bf16 or int8 units: 4 times is out of its reach"
    return f"CPU {torch.backends.cpu.get_cpu_capability()}, {precision}, {able}"
