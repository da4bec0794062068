from __future__ import annotations

import itertools
import os
import string
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from museum_assets.core.failures import Gone, RequestRefused, Unavailable
from museum_assets.core.settings import Settings
from resources.embedded.s3 import free_port
from resources.embedded.services import Environment
from resources.s3 import ObjectStore, thumbnail_key
from resources.s3_failures import StorageMisconfigured

buckets = (f"s3-test-{os.getpid()}-{number}" for number in itertools.count(1))


@pytest.mark.parametrize(
    ("museum", "object_number", "key"),
    [
        ("smk", "KMS1", "smk_KMS1.jpg"),
        ("rma", "SK-C-5", "rma_SK-C-5.jpg"),
        ("cma", "1915.534", "cma_1915.534.jpg"),
        ("met", "13.100.5a, b", "met_13.100.5a%2C%20b.jpg"),
        ("smk", "KKSgb6/12", "smk_KKSgb6%2F12.jpg"),
        ("smk", "100%", "smk_100%25.jpg"),
        ("smk", "Ø~1", "smk_%C3%98%7E1.jpg"),
        ("a_b", "c_d", "a%5Fb_c_d.jpg"),
    ],
)
def test_thumbnail_keys(museum: str, object_number: str, key: str) -> None:
    assert thumbnail_key(museum, object_number) == key


PART = st.text(alphabet=st.sampled_from("aA_%/~ .é25F") | st.characters(exclude_categories=["Cs"]), max_size=8)


@given(PART, PART, PART, PART)
@example("a_b", "c", "a", "b_c")
@example("a", "/", "a", "%2F")
def test_different_works_have_different_keys(museum: str, number: str, museum2: str, number2: str) -> None:
    same_key = thumbnail_key(museum, number) == thumbnail_key(museum2, number2)
    assert same_key == ((museum, number) == (museum2, number2))


@given(PART, PART)
def test_keys_hold_only_characters_that_are_safe_in_s3_paths_and_urls(museum: str, number: str) -> None:
    assert set(thumbnail_key(museum, number)) <= set(string.ascii_letters + string.digits + "_-.%")


LONG = st.text(alphabet=st.sampled_from("aé/_-%"), min_size=150, max_size=400)


@given(LONG, LONG)
@example("a" * 191, "a" * 192)
@example("a" * 300 + "b", "a" * 300 + "c")
@example("x" * 300, thumbnail_key("smk", "x" * 300)[len("smk_") : -len(".jpg")])
def test_long_keys_are_cut_and_still_differ(one: str, other: str) -> None:
    keys = [thumbnail_key("smk", number) for number in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)
    for key in keys:
        assert len(key) <= 200
        assert key.startswith("smk_")
        assert key.endswith(".jpg")


@pytest.fixture
def store(services: Environment) -> ObjectStore:
    """A new bucket on the embedded server."""
    store = ObjectStore(
        services["S3_ENDPOINT_URL"],
        services["AWS_ACCESS_KEY_ID"],
        services["AWS_SECRET_ACCESS_KEY"],
        services["AWS_REGION"],
        next(buckets),
    )
    store.ensure_bucket()
    return store


def test_what_is_stored_is_read_back(store: ObjectStore) -> None:
    key = thumbnail_key("smk", "KKSgb6/12 100%")
    store.put_jpeg(key, b"jpeg", {"object_number": "KKSgb6/12 100%", "title": "Børn på en mark"})
    assert store.get(key) == b"jpeg"
    head = store.head(key)
    assert (head.key, head.size) == (key, 4)
    assert head.metadata == {"object_number": "KKSgb6/12 100%", "title": "Børn på en mark"}
    store.put_jpeg(key, b"newer", {})
    assert (store.get(key), store.head(key).metadata) == (b"newer", {})


def test_an_object_number_of_any_length_can_be_stored(store: ObjectStore) -> None:
    key = thumbnail_key("smk", "Ø 1/2 " * 100)
    store.put_jpeg(key, b"jpeg", {})
    assert store.get(key) == b"jpeg"


def test_making_a_bucket_again_keeps_what_is_in_it(store: ObjectStore) -> None:
    store.put_jpeg("a.jpg", b"a", {})
    store.ensure_bucket()
    assert store.get("a.jpg") == b"a"


def test_an_absent_object_is_gone(store: ObjectStore) -> None:
    for ask in (store.get, store.head):
        with pytest.raises(Gone, match=rf"bucket {store.bucket}.*smk_no\.jpg: it does not exist"):
            ask("smk_no.jpg")


def test_listings_are_whole_in_order_and_can_start_anywhere(store: ObjectStore) -> None:
    keys = [f"smk_{number:04}.jpg" for number in range(1001)]  # more than one page of 1,000
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: store.put_jpeg(key, b"x", {}), keys))
    store.put_jpeg("met_1.jpg", b"x", {})
    assert [found.key for found in store.list("smk_")] == keys
    assert [found.key for found in store.list("smk_", start_after="smk_0990.jpg")] == keys[991:]
    store.delete_many(iter([*keys, "smk_absent.jpg"]))
    assert [found.key for found in store.list()] == ["met_1.jpg"]


def test_wrong_credentials_and_a_missing_bucket_are_no_records_fault(store: ObjectStore) -> None:
    wrong = ObjectStore(store.endpoint_url, store.access_key, "wrong", store.region, store.bucket)
    lost = ObjectStore(store.endpoint_url, store.access_key, store.secret_key, store.region, next(buckets))
    for broken, code in ((wrong, "SignatureDoesNotMatch"), (lost, "NoSuchBucket")):
        with pytest.raises(StorageMisconfigured, match=rf"{broken.bucket}.*{code}.*AWS_SECRET_ACCESS_KEY"):
            broken.put_jpeg("a.jpg", b"a", {})


def test_a_key_that_the_server_will_not_take_is_refused(store: ObjectStore) -> None:
    with pytest.raises(RequestRefused, match="could not store"):
        store.put_jpeg("a" * 1025, b"a", {})


def test_a_server_that_is_down_may_answer_later() -> None:
    store = ObjectStore(f"http://127.0.0.1:{free_port()}", "key", "secret", "us-east-1", "thumbnails")
    with pytest.raises(
        Unavailable,
        match=r"^S3 at http://127\.0\.0\.1:\d+ cannot be reached: Could not connect to the endpoint\. Check",
    ):
        store.get("a.jpg")


def test_settings_name_the_store() -> None:
    settings = Settings(
        s3_endpoint_url="http://localhost:9000", aws_access_key_id="k", aws_secret_access_key="s", aws_region="r"
    )
    store = ObjectStore.from_settings(settings)
    assert (store.endpoint_url, store.access_key, store.secret_key, store.region, store.bucket) == (
        "http://localhost:9000",
        "k",
        "s",
        "r",
        settings.thumbnails_bucket,
    )
    assert ObjectStore.from_settings(settings, "kiosk").bucket == "kiosk"
