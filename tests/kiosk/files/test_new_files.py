"""The plan made from a look at a bucket: nothing is missed, and nothing is asked for over and over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from museum_assets.kiosk.files.bucket import SourceFile
from museum_assets.kiosk.files.new_files import (
    FIRST_RETRY_WAIT,
    LONGEST_RETRY_WAIT,
    MOST_WAITING,
    BucketListing,
    LoadPlan,
    WatchState,
    plan_load,
    wait_for_run,
)

ONE_SECOND = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
"""All files are of one second: nothing may hang on when they were modified."""
Versions = dict[str, str]
"""ETag by key: what a bucket holds."""


def key(number: int) -> str:
    return f"lmnh_hist_data_{number:04d}.csv"


def listing(bucket: Versions, after: str = "", limit: int = 1_000_000) -> BucketListing:
    keys = sorted(each for each in bucket if each > after)[:limit]
    files = tuple(SourceFile(each, bucket[each], 1, ONE_SECOND) for each in keys)
    return BucketListing(after, files, keys[-1] if len(keys) == limit else "")


def tick(
    bucket: Versions, known: Iterable[tuple[str, str]], state: WatchState, now: float = 0, limit: int = 10**6
) -> LoadPlan:
    return plan_load("lmnh", listing(bucket, state.after, limit), set(known), state, now)


def test_new_files_are_one_batch_and_known_ones_none() -> None:
    bucket = {key(n): "a" for n in range(3)}
    made = tick(bucket, [(key(1), "a")], WatchState())
    assert made.load == ((key(0), "a"), (key(2), "a"))
    assert not tick(bucket, [(key(n), "a") for n in range(3)], made.state).load


def test_an_overwritten_object_is_new_and_a_deleted_one_is_forgotten() -> None:
    made = tick({key(0): "a"}, [], WatchState())
    assert tick({key(0): "b"}, [(key(0), "a")], made.state).load == ((key(0), "b"),)
    # Overwritten before any run loaded it: the new version does not wait for the old one's sake.
    assert tick({key(0): "b"}, [], made.state).load == ((key(0), "b"),)
    gone = tick({}, [], made.state, now=LONGEST_RETRY_WAIT)
    assert (gone.load, gone.state.tried) == ((), {})


def test_what_a_run_did_not_load_waits_twice_as_long_each_time_under_a_new_key() -> None:
    bucket, state, now, keys, waits = {key(0): "a"}, WatchState(), 0.0, set(), []
    for _ in range(12):
        made = tick(bucket, [], state, now)
        assert made.load
        assert made.run_key not in keys
        keys.add(made.run_key)
        begun, state = now, made.state
        while not tick(bucket, [], state, now).load:
            now += FIRST_RETRY_WAIT / 2
        waits.append(now - begun)
    assert waits[:4] == [60, 120, 240, 480]
    assert waits[-2:] == [LONGEST_RETRY_WAIT, LONGEST_RETRY_WAIT]


def test_a_key_names_the_same_request_until_its_state_is_kept() -> None:
    """A tick that dies after its run was launched loses its cursor: the next one asks for the same, and gets none."""
    bucket = {key(0): "a"}
    assert tick(bucket, [], WatchState(), now=1).run_key == tick(bucket, [], WatchState(), now=99).run_key
    assert tick(bucket, [], WatchState()).run_key != tick({key(0): "b"}, [], WatchState()).run_key


def test_a_poison_file_keeps_no_other_file_waiting_and_gains_no_attempts_by_them() -> None:
    made = tick({key(0): "poison"}, [], WatchState())
    for n in range(1, 20):
        known = [(key(m), "a") for m in range(1, n)]
        made = tick({key(0): "poison"} | {key(m): "a" for m in range(1, n + 1)}, known, made.state, now=n)
        assert made.load == ((key(n), "a"),)
    assert made.state.tried[key(0)].attempts == 1


def test_the_wait_begins_when_the_run_has_ended() -> None:
    state = wait_for_run(tick({key(0): "a"}, [], WatchState(), now=0).state, now=1_000)
    assert not tick({key(0): "a"}, [], state, now=1_000 + FIRST_RETRY_WAIT - 1).load
    assert tick({key(0): "a"}, [], state, now=1_000 + FIRST_RETRY_WAIT).load


def test_a_large_bucket_is_gone_through_in_several_ticks_and_what_is_remembered_stays_small() -> None:
    bucket = {key(n): "a" for n in range(3 * MOST_WAITING)}
    state, ticks = WatchState(), 0
    asked: list[tuple[str, str]] = []
    while ticks == 0 or state.after:
        made = tick(bucket, [], state, limit=100)
        assert len(made.state.tried) <= MOST_WAITING
        asked += made.load
        state, ticks = made.state, ticks + 1
    assert ticks == 7  # the last look finds the end
    assert len(asked) == MOST_WAITING
    # The run loads everything there was: the next pass finds nothing to do and forgets what it remembered.
    for _ in range(7):
        made = tick(bucket, bucket.items(), state, limit=100)
        assert not made.load
        state = made.state
    assert (state.after, state.tried) == ("", {})


steps = st.one_of(
    st.tuples(st.just("put"), st.integers(0, 30), st.sampled_from("abc")),
    st.tuples(st.just("delete"), st.integers(0, 30), st.just("")),
    st.tuples(st.just("tick"), st.integers(0, 400), st.just("")),
    st.tuples(st.sampled_from(["fails", "loads"]), st.just(0), st.just("")),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, max_size=60), st.integers(1, 8))
def test_whatever_happens_every_file_is_loaded_and_no_request_is_made_twice(
    story: list[tuple[str, int, str]], limit: int
) -> None:
    bucket: Versions = {}
    known: set[tuple[str, str]] = set()
    state, running, now, requests = WatchState(), False, 0.0, []

    def look() -> None:
        nonlocal state, running
        if running:
            state = wait_for_run(state, now)
            return
        waited = state.tried
        made = tick(bucket, known, state, now, limit)
        state = made.state
        assert not set(made.load) & known
        # Of a file that changed since it was tried another run may be asked for, until the listing has come round.
        assert all(bucket.get(name) == etag or name in waited for name, etag in made.load)
        if made.load:
            requests.append(made.run_key)
            running = True

    for what, number, etag in story:
        if what == "put":
            bucket[key(number)] = etag
        elif what == "delete":
            bucket.pop(key(number), None)
        elif what == "tick":
            now += number
            look()
        else:
            known |= set(bucket.items()) if what == "loads" and running else set()
            running = False
    # From here on runs succeed: two rounds of the listing load everything, and then there is rest.
    for _ in range(2 * (len(bucket) // limit + 2)):
        now += LONGEST_RETRY_WAIT
        known |= set(bucket.items()) if running else set()
        running = False
        look()
    assert set(bucket.items()) <= known
    made = len(requests)
    for _ in range(len(bucket) // limit + 2):
        known |= set(bucket.items()) if running else set()
        running = False
        look()
    assert len(requests) == made
    assert len(set(requests)) == len(requests)
