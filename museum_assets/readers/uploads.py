"""An uploaded image, from the request's stream to its vector: bounded, decoded apart, and never stored."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from museum_assets.core.failures import Failure
from museum_assets.readers.model import NotReady
from museum_assets.readers.problems import Problem, busy
from museum_assets.readers.site import Site
from museum_assets.search.answer import Found, QueryVector
from museum_assets.search.question import Filters

# Of what strangers send, line by line.
logging.getLogger("python_multipart").setLevel(logging.ERROR)

LARGEST = 10 << 20
"""Bytes of an image."""
AROUND = 64 << 10
"""Bytes of a form around it."""
BODY_SECONDS = 60
MODEL_SECONDS = 30
"""When to ask again while the model loads."""
AT_ONCE = 4
"""Uploads in work, which bounds the memory that they take."""
FIELD = "image"
TOO_LARGE = f"An image may have {LARGEST >> 20} MB at the most. Try a smaller one."


class _InMemory(MultiPartParser):
    """A form whose file stays in memory: the parser's own limit would put a larger one on the disk."""

    spool_max_size = LARGEST + AROUND


class Uploads:
    """Reads uploads, a few at a time."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._room = asyncio.Semaphore(AT_ONCE)

    async def search(self, request: Request, limit: int) -> Sequence[Found]:
        """Return works that look like the image that a request carries.

        Raises Problem 400, 408, 413, 415 and 503.
        """
        try:
            self._site.model.ready()  # before anything is read that could not be looked at
        except NotReady as error:
            raise busy(f"{error}.", MODEL_SECONDS) from None
        if self._room.locked():
            raise busy("Many images are being looked at. Try again in a moment.")
        async with self._room:
            body = await _image(request)
            return await run_in_threadpool(lambda: self._site.reader.by_vector(self._vector(body), Filters(), limit))

    def _vector(self, body: bytes) -> QueryVector:
        """Return the vector of an image. Raises Problem 413, 415 and 503."""
        try:
            return self._site.model.of_image(self._site.decoder.make_thumbnail(body).jpeg)
        except NotReady as error:
            raise busy(f"{error}.", MODEL_SECONDS) from None
        except Failure as failure:
            if failure.code in {"image_too_large", "decompression_bomb"}:
                raise Problem(413, "The image has too many pixels to be decoded here. Try a smaller one.") from None
            if not failure.permanent and failure.code != "truncated_image":
                raise busy("The image could not be looked at just now.") from None
            raise Problem(415, "The file cannot be read as an image. JPEG, PNG, WebP, GIF and TIFF can.") from None


async def _image(request: Request) -> bytes:
    """Return the image's bytes. Raises Problem 400, 408, 413 and 415."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _read(request)
    except TimeoutError:
        raise Problem(408, f"The image did not arrive within {BODY_SECONDS} seconds.") from None
    if not body:
        raise Problem(400, f"There is no image in the field {FIELD!r}. Choose a file first.")
    if len(body) > LARGEST:
        raise Problem(413, TOO_LARGE)
    return body


async def _read(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("image/") or kind == "application/octet-stream":
        return b"".join([part async for part in _bounded(request, LARGEST)])
    if kind != "multipart/form-data":
        raise Problem(415, "Send the image itself (Content-Type: image/jpeg), or a form with the field 'image'.")
    parser = _InMemory(request.headers, _bounded(request, LARGEST + AROUND), max_files=1, max_fields=8)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError):
        raise Problem(400, "The form cannot be read.") from None
    file = form.get(FIELD)
    try:
        return await file.read() if isinstance(file, UploadFile) else b""
    finally:
        await form.close()


async def _bounded(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    """Yield the request's body. Raises Problem 413 as soon as it is known to be too large."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > most:
        raise Problem(413, TOO_LARGE)
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise Problem(413, TOO_LARGE)
        yield part
