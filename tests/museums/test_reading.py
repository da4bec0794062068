import pytest

from museum_assets.core.failures import Rejected
from museum_assets.museums.reading import build_artwork, items, mapping, mappings, text, texts

FIELDS = {
    "museum": "smk",
    "object_number": "KMS1",
    "museum_db_id": "1180038434_object",
    "title": None,
    "artists": (),
    "production_date_start": None,
    "production_date_end": None,
    "period": None,
    "work_types": ("maleri",),
    "searchable_work_types": ("painting",),
    "thumbnail_url": "https://iip.smk.dk/kms1.jpg",
    "image_url": None,
    "rights": "CC0",
    "source_url": None,
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "a"), (" a ", "a"), ("", None), ("  ", None), (None, None), (93014, "93014")],
)
def test_text(value: object, expected: str | None) -> None:
    assert text({"key": value}, "key") == expected


def test_absent_keys_are_empty() -> None:
    assert text({}, "key") is None
    assert texts({}, "key") == ()
    assert mapping({}, "key") == {}
    assert items({}, "key") == []
    assert mappings({}, "key") == []


def test_texts_takes_a_list_or_one_text_and_drops_blanks_and_repetitions() -> None:
    assert texts({"key": ["b", " a", "b", None, ""]}, "key") == ("b", "a")
    assert texts({"key": "a"}, "key") == ("a",)


@pytest.mark.parametrize(
    ("look", "value"),
    [
        (text, ["a"]),
        (text, True),
        (text, 1.5),
        (texts, [{"a": 1}]),
        (mapping, "a"),
        (mapping, ["a"]),
        (items, {"a": 1}),
        (mappings, ["a"]),
    ],
)
def test_another_shape_is_malformed_and_the_field_is_named(look: object, value: object) -> None:
    with pytest.raises(Rejected, match="the_field") as rejected:
        look({"the_field": value}, "the_field")  # type: ignore[operator]
    assert rejected.value.code == "malformed_record"


def test_a_complete_set_of_fields_becomes_an_artwork() -> None:
    assert build_artwork(**FIELDS).object_number == "KMS1"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("museum_db_id", None, "no_id"),
        ("object_number", None, "no_object_number"),
        ("thumbnail_url", None, "no_image"),
        ("searchable_work_types", (), "work_type_out_of_scope"),
        ("production_date_start", 99_999, "malformed_record"),
        ("object_number", "\ud800", "malformed_record"),
    ],
)
def test_what_is_lacking_has_its_own_code(field: str, value: object, code: str) -> None:
    with pytest.raises(Rejected) as rejected:
        build_artwork(**{**FIELDS, field: value})
    assert rejected.value.code == code


def test_a_field_that_does_not_fit_is_named() -> None:
    with pytest.raises(Rejected, match=r"production_date_start: .*less than"):
        build_artwork(**{**FIELDS, "production_date_start": 99_999})
