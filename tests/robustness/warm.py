"""Everything that a process of a plan needs, imported once in the process that all of them are forked from."""

from __future__ import annotations

import gc
from importlib import import_module

from resources.s3 import ObjectStore

for name in (
    "boto3", "PIL.Image", "qdrant_edge", "resources.vector_index.edge", "tests.robustness.seed",
    "museum_assets.collection.artworks.transform", "museum_assets.collection.thumbnails.thumbnails",
    "museum_assets.collection.vectors.embedding", "museum_assets.collection.vectors.index",
):  # fmt: skip
    import_module(name)

# What botocore reads of S3's description is kept by the session: 0.2 s for the first client, 3 ms for the next.
ObjectStore("http://127.0.0.1:1", "key", "secret", "us-east-1", "none").client.close()
# What was made until here is everybody's: a collection in a process of a plan would copy its pages.
gc.freeze()
