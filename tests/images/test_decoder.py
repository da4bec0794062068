"""Hostile images end in failures of their own, within bounds of memory and time; the next image is none the worse."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from socket import socketpair
from typing import Any

import psutil
import pytest
from PIL import Image

from museum_assets.core.failures import Failure
from museum_assets.images.decoder import USUAL, Budget, ImageDecoder, Limits
from museum_assets.images.frames import Frames
from museum_assets.images.thumbnail import Thumbnail, make_thumbnail
from tests.support import hostile_images
from tests.support.child_processes import child_processes
from tests.support.places import ROOT

pytestmark = pytest.mark.slow  # it starts processes, or waits

SETTINGS: dict[str, Any] = {"max_dimension": 100, "quality": 80}
decoding = partial(ImageDecoder, **SETTINGS)


def in_this_process(body: bytes) -> Thumbnail:
    return make_thumbnail(body, **SETTINGS)


linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its memory")


def encoded(mode: str, name: str, side: int = 64, **options: object) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side, side), 60).convert(mode).save(out, name, **options)
    return out.getvalue()


GOOD = encoded("RGB", "JPEG")


@pytest.fixture
def decoder() -> Iterator[ImageDecoder]:
    with decoding(processes=1) as made:
        yield made


@pytest.fixture(scope="module")
def slow() -> bytes:
    """A JPEG that takes seconds and is allowed."""
    return hostile_images.scans(6000, 80)


def failure_of(decoder: ImageDecoder, body: bytes) -> Failure:
    with pytest.raises(Failure) as caught:
        decoder.make_thumbnail(body)
    return caught.value


def processes() -> list[psutil.Process]:
    """The decoding processes of this one."""
    return child_processes("museum_assets.images.decoding_process")


@pytest.mark.parametrize(("name", "code"), [(name, code) for name, code in hostile_images.CODES.items()])
def test_a_hostile_image_is_refused_by_its_header(decoder: ImageDecoder, name: str, code: str) -> None:
    decoder.make_thumbnail(GOOD)
    (process,) = processes()
    before = process.memory_info().rss
    failure = failure_of(decoder, hostile_images.hostile(name))
    assert (failure.code, failure.permanent) == (code, True)
    assert process.memory_info().rss < before + (30 << 20)
    assert decoder.make_thumbnail(GOOD) == in_this_process(GOOD)


LARGE = {
    "webp": lambda: hostile_images.webp(3000),
    "noisy.webp": lambda: encoded("RGB", "WEBP", 2000),
    "float.tiff": lambda: hostile_images.float_tiff(3000),
    "one_strip.tiff": lambda: hostile_images.float_tiff(3000, rows=3000),
    "png": lambda: hostile_images.png(3000),
    "rgba.png": lambda: encoded("RGBA", "PNG", 2000),
    "palette.gif": lambda: encoded("P", "GIF", 2000),
    "bmp": lambda: encoded("RGB", "BMP", 2000),
    "16.png": lambda: encoded("L", "PNG", 2000),
    "cmyk.jpg": lambda: encoded("CMYK", "JPEG", 2000),
    "progressive.jpg": lambda: encoded("RGB", "JPEG", 3000, progressive=True, subsampling=0),
    "jp2": lambda: encoded("RGB", "JPEG2000", 1200),
    "tiled.jp2": lambda: encoded("RGB", "JPEG2000", 1200, tile_size=(256, 256)),
}


@pytest.mark.parametrize("name", LARGE)
def test_what_the_header_says_is_enough(decoder: ImageDecoder, name: str) -> None:
    """The kernel would end the decoder that takes more than was reserved for its image."""
    body = LARGE[name]()
    assert decoder.make_thumbnail(body) == in_this_process(body)


@pytest.mark.parametrize("limits", [Limits(cpu_seconds=0.2), Limits(seconds=0.9)])
def test_an_image_that_takes_too_long_is_given_up(limits: Limits, slow: bytes) -> None:
    with decoding(processes=1, limits=limits) as decoder:
        failure = failure_of(decoder, slow)
        assert (failure.code, failure.permanent) == ("decoding_timed_out", True)
        decoder.make_thumbnail(GOOD)


@pytest.mark.parametrize(
    ("how", "permanent"), [(signal.SIGSEGV, True), (signal.SIGABRT, True), (signal.SIGKILL, False)]
)
def test_a_process_that_dies_is_the_failure_of_its_image_alone(
    decoder: ImageDecoder, slow: bytes, how: signal.Signals, permanent: bool
) -> None:
    decoder.make_thumbnail(GOOD)
    (process,) = processes()
    used = process.cpu_times().user

    def kill_it_at_work() -> None:
        while process.cpu_times().user < used + 0.2:
            time.sleep(0.01)
        process.send_signal(how)

    killer = threading.Thread(target=kill_it_at_work)
    killer.start()
    failure = failure_of(decoder, slow)
    killer.join()
    assert (failure.code, failure.permanent) == ("decoder_died", permanent)
    decoder.make_thumbnail(GOOD)


def test_a_process_that_was_killed_while_idle_is_replaced(decoder: ImageDecoder) -> None:
    decoder.make_thumbnail(GOOD)
    (process,) = processes()
    process.kill()
    psutil.wait_procs([process], timeout=10)
    decoder.make_thumbnail(GOOD)


HUNGRY = """
import sys
from socket import socket
import museum_assets.images.decoding_process as process

def hungry(body, *, reserve, **_):
    from museum_assets.core.failures import Failure
    try:
        return bytearray(200 << 20)
    except MemoryError as error:
        raise Failure("no memory", code="image_too_large", permanent=True) from error

process.make_thumbnail = hungry
process.main(socket(fileno=int(sys.argv[1])))
"""


@linux
def test_the_kernel_holds_a_decoder_to_what_was_granted() -> None:
    near, far = socketpair()
    near.settimeout(60)
    with far:
        child = subprocess.Popen([sys.executable, "-c", HUNGRY, str(far.fileno())], pass_fds=[far.fileno()], cwd=ROOT)
    frames = Frames(near)
    assert frames.receive(0) == ({"ready": True}, b"")
    frames.send({**SETTINGS, "granted": 100 << 20, "most": 100 << 20, "cpu_seconds": 20, "seconds": 60}, b"x")
    answer, _ = frames.receive(0)
    assert (answer["code"], answer["last"]) == ("image_too_large", True)
    assert child.wait(10) == 0, "its memory may be in pieces, so it decodes no other image"
    frames.close()


def test_many_threads_share_few_processes_and_results_are_not_mixed() -> None:
    bodies = [encoded(mode, name, 40 + n) for n in range(6)
              for mode, name in (("RGB", "JPEG"), ("L", "PNG"), ("RGBA", "WEBP"), ("P", "GIF"))]  # fmt: skip
    with decoding(processes=2) as decoder, ThreadPoolExecutor(8) as threads:
        made = list(threads.map(decoder.make_thumbnail, bodies))
        assert len(processes()) == 2
    assert made == [in_this_process(body) for body in bodies]
    assert processes() == []


def test_no_process_starts_without_an_image() -> None:
    with decoding():
        assert processes() == []


@linux
def test_a_decoding_process_knows_no_secret(decoder: ImageDecoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted")
    decoder.make_thumbnail(GOOD)
    (process,) = processes()
    assert "planted" not in process.environ().values()
    kept = {"PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "PYTHONPATH", "OPENBLAS_NUM_THREADS"}
    assert set(process.environ()) <= kept


def test_when_the_platform_is_killed_its_decoding_processes_end() -> None:
    script = (
        "import sys, time\nfrom museum_assets.images.decoder import ImageDecoder\n"
        "decoder = ImageDecoder(max_dimension=100, quality=80)\n"
        "decoder.make_thumbnail(open(sys.argv[1], 'rb').read())\nprint('made', flush=True)\ntime.sleep(600)"
    )
    good = Path(os.environ.get("TMPDIR", "/tmp")) / f"good-{os.getpid()}.jpg"
    good.write_bytes(GOOD)
    platform = subprocess.Popen([sys.executable, "-c", script, str(good)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert platform.stdout
    assert platform.stdout.readline() == "made\n"
    children = psutil.Process(platform.pid).children()
    assert children
    platform.kill()
    platform.wait()
    platform.stdout.close()
    good.unlink()
    assert psutil.wait_procs(children, timeout=30)[1] == []


def test_a_budget_is_never_exceeded_and_a_large_share_is_not_overtaken_for_ever() -> None:
    budget = Budget(10)
    held = most = 0
    lock = threading.Lock()

    def work(amount: int) -> None:
        nonlocal held, most
        with budget.reserved(amount):
            with lock:
                held += amount
                most = max(most, held)
            time.sleep(0.002)
            with lock:
                held -= amount

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, [3, 1, 9, 2, 10, 4, 1, 1, 8, 5] * 5))
    assert (held, most) == (0, 10)
    with budget.reserved(99):  # more than there is means all of it
        pass


def test_a_usual_image_asks_for_nothing(decoder: ImageDecoder) -> None:
    from museum_assets.images.cost import decoding_cost

    body = encoded("RGB", "JPEG", 1100)
    with Image.open(io.BytesIO(body)) as image:
        assert decoding_cost(image, body, 800) < USUAL
