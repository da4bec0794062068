"""The museums' image hosts, all below /images/<slug>/."""

from __future__ import annotations

from hashlib import blake2b

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from museum_assets.simulator import drawing, iiif
from museum_assets.simulator.collection import Collection
from museum_assets.simulator.dialect import ImageRequest

# Every other size was seen to redirect to this one in 2026-08 (museum_apis.md 4, Images).
AIC_WIDTH = "843,"


async def image(collection: Collection, path: str, request: Request) -> Response:
    """Answer one image request; `path` is what follows /images/<slug>/."""
    slug = collection.dialect.slug
    if slug == "met" and request.headers.get("accept", "").startswith("application/json"):
        return Response("Not Acceptable", 406, media_type="text/plain")
    wanted = collection.dialect.image(path)
    if wanted is None or not _exists(collection, wanted.n):
        return Response("Not Found", 404, media_type="text/plain")
    full = collection.source.image_size(wanted.n)
    if slug == "aic" and full[0] > 843 and wanted.size != AIC_WIDTH:
        return RedirectResponse(request.url.path.replace(f"/{wanted.size}/", f"/{AIC_WIDTH}/"), 307)
    try:
        size = iiif.target(wanted.size, full, at_most_full=slug == "aic" or collection.source.reduced)
    except ValueError as error:
        return Response(str(error), 400, media_type="text/plain")
    return await _picture(collection, wanted, size, request)


async def _picture(collection: Collection, wanted: ImageRequest, size: tuple[int, int], request: Request) -> Response:
    etag = '"' + blake2b(f"{collection.dialect.slug} {wanted} {size}".encode(), digest_size=8).hexdigest() + '"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    # In a thread: a picture takes 10 to 60 ms, during which the APIs must go on answering.
    picture = await run_in_threadpool(collection.source.image, wanted.n, size)
    if wanted.image_format == "TIFF":
        picture = await run_in_threadpool(drawing.as_tiff, picture)
    return Response(picture, headers={"ETag": etag}, media_type=f"image/{wanted.image_format.lower()}")


def _exists(collection: Collection, n: int) -> bool:
    """Whether there is such a work, not vanished, that has an image."""
    return 0 <= n < collection.source.count and not collection.is_vanished(n) and collection.source.facts(n).has_image
