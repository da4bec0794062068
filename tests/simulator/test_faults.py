from __future__ import annotations

import pytest

from museum_assets.museums import MUSEUMS
from museum_assets.simulator.faults import FaultKind, Faults


def strikes(faults, urls, *, image=False, museum="smk"):
    return [faults.strike(museum, url, image=image) for url in urls]


URLS = [f"/x/{n}" for n in range(400)]


def test_health_is_the_default():
    assert set(strikes(Faults(), URLS)) == {None}
    assert set(strikes(Faults(), URLS, image=True)) == {None}


@pytest.mark.parametrize(
    ("field", "image", "trouble"),
    [
        ("too_many_requests", False, FaultKind.SLOW_DOWN),
        ("server_errors", False, FaultKind.SERVER_ERROR),
        ("delayed", False, FaultKind.DELAY),
        ("truncated", False, FaultKind.TRUNCATED),
        ("malformed", False, FaultKind.MALFORMED),
        ("html_images", True, FaultKind.HTML_IMAGE),
        ("empty_images", True, FaultKind.EMPTY_IMAGE),
        ("truncated_images", True, FaultKind.TRUNCATED_IMAGE),
        ("bomb_images", True, FaultKind.BOMB_IMAGE),
        ("redirected_images", True, FaultKind.REDIRECTED_IMAGE),
    ],
)
def test_a_rate_strikes_its_share_and_nothing_else(field, image, trouble):
    faults = Faults(settings={"smk": {field: 0.3}})
    struck = strikes(faults, URLS, image=image)
    assert set(struck) == {None, trouble}
    assert 0.2 < struck.count(trouble) / len(URLS) < 0.4
    assert set(strikes(faults, URLS, image=image, museum="met")) == {None}


def test_the_choice_depends_on_seed_and_url_and_not_on_the_order():
    settings = {"smk": {"server_errors": 0.3}}
    forwards = dict(zip(URLS, strikes(Faults(1, settings), URLS), strict=True))
    backwards = dict(zip(URLS[::-1], strikes(Faults(1, settings), URLS[::-1]), strict=True))
    other = dict(zip(URLS, strikes(Faults(2, settings), URLS), strict=True))
    assert forwards == backwards != other


def test_a_retry_of_a_request_can_succeed_and_a_broken_image_stays_broken():
    passing = Faults(settings={"smk": {"server_errors": 0.3}})
    tries = [strikes(passing, URLS) for _ in range(8)]
    assert all(None in attempts for attempts in zip(*tries, strict=True))
    lasting = Faults(settings={"smk": {"html_images": 0.3}})
    assert strikes(lasting, URLS, image=True) == strikes(lasting, URLS, image=True)


@pytest.mark.parametrize(
    ("place", "api", "image"), [("api", True, False), ("images", False, True), ("both", True, True)]
)
def test_api_and_images_fail_independently(place, api, image):
    faults = Faults(settings={"smk": {"server_errors": 1, "strikes": place}})
    assert (faults.strike("smk", "/a", image=False) is not None) == api
    assert (faults.strike("smk", "/b", image=True) is not None) == image


def test_fail_next_fails_that_many_and_no_more():
    faults = Faults(settings={"all": {"fail_next": 2}})
    assert strikes(faults, ["/a"] * 4) == [FaultKind.SERVER_ERROR, FaultKind.SERVER_ERROR, None, None]
    assert strikes(faults, ["/a"] * 3, museum="met").count(FaultKind.SERVER_ERROR) == 2


def test_the_bot_wall_rises_after_rapid_requests_and_falls_again(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("museum_assets.simulator.faults.time.monotonic", lambda: now[0])
    faults = Faults(settings={"met": {"bot_wall_after": 3, "bot_wall_seconds": 30}})
    assert strikes(faults, ["/a"] * 4, museum="met") == [None, None, None, FaultKind.BOT_WALL]
    now[0] += 29
    assert strikes(faults, ["/a"], museum="met") == [FaultKind.BOT_WALL]
    for _ in range(10):
        now[0] += 2
        assert strikes(faults, ["/a"], museum="met") == [None]


def test_settings_add_up_and_clear_heals():
    faults = Faults()
    faults.set("smk", server_errors=0.5)
    faults.set("smk", vanished={"1"})
    assert faults.of("smk").server_errors == 0.5
    assert faults.of("smk").vanished == {"1"}
    assert faults.dated("smk").keys() == {"1"}
    faults.clear()
    assert all(faults.of(museum).model_dump() == Faults().of(museum).model_dump() for museum in MUSEUMS)


@pytest.mark.parametrize(
    ("museum", "changes", "named"),
    [("louvre", {}, "louvre"), ("smk", {"sever_errors": 1}, "sever_errors"), ("smk", {"truncated": 2}, "truncated"),
     ("smk", {"fail_next": -1}, "fail_next")],
)  # fmt: skip
def test_what_is_not_a_fault_is_refused_by_name(museum, changes, named):
    with pytest.raises(ValueError, match=named):
        Faults().set(museum, **changes)
