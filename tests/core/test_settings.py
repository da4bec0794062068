from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from museum_assets.core.museum_settings import museum_overrides, user_agent
from museum_assets.core.postgres_address import BadAddress, address_label
from museum_assets.core.profiles import PER_MUSEUM, SettingsError
from museum_assets.core.settings import Settings, read_settings, where_to_set
from museum_assets.core.version import version
from resources.platform import Platform
from resources.postgres import Database
from tests.support.places import ROOT


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory and an environment without settings, so that a developer's own do not count."""
    for field, info in Settings.model_fields.items():
        monkeypatch.delenv((info.alias or field).upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    yield tmp_path


def test_the_environment_wins_over_the_profiles_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env.dev").write_text("IMAGE_MAX_DIMENSION=400\nIMAGE_JPEG_QUALITY=70\nMUSEUM_RATE_MET=2\n")
    monkeypatch.setenv("IMAGE_JPEG_QUALITY", "90")
    assert (read_settings().profile, read_settings().image_max_dimension, read_settings().image_jpeg_quality) == (
        "dev",
        400,
        90,
    )


def test_settings_are_read_once_until_the_file_or_the_environment_changes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env.dev").write_text("IMAGE_MAX_DIMENSION=400\n")
    read = read_settings()
    assert read_settings() is read
    (folder / ".env.dev").write_text("IMAGE_MAX_DIMENSION=500\n")
    assert read_settings().image_max_dimension == 500
    monkeypatch.setenv("IMAGE_MAX_DIMENSION", "600")
    assert read_settings().image_max_dimension == 600
    assert read_settings(image_max_dimension=700).image_max_dimension == 700
    assert read_settings().image_max_dimension == 600


def test_each_profile_reads_its_own_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env.dev").write_text("QDRANT_URL=http://dev\n")
    (folder / ".env.prod").write_text("QDRANT_URL=http://prod\n")
    monkeypatch.setenv("MUSEUM_PROFILE", "prod")
    assert (read_settings().profile, read_settings().qdrant_url) == ("prod", "http://prod")


def test_an_unknown_profile_is_refused_with_the_allowed_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSEUM_PROFILE", "production")
    with pytest.raises(SettingsError, match=r"'production'.*dev, prod, demo"):
        read_settings()


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("MUSEUM_PROFILE", "")
    monkeypatch.setenv("MUSEUM_RATE_MET", "")
    assert (read_settings().database_url, read_settings().profile) == (None, "dev")
    assert museum_overrides("met").requests_per_second is None


def test_variables_that_only_share_a_fields_name_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere/else")
    monkeypatch.setenv("CONTACT", "x@example.org")
    assert read_settings().home == Settings(museum_home=Settings.model_fields["home"].default).home
    assert read_settings().contact is None


@pytest.mark.parametrize(("given", "expected"), [("", ".museum/dev"), ("local/home", "local/home")])
def test_the_home_lies_where_the_command_runs_and_stays_there(
    given: str,
    expected: str,
    folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MUSEUM_HOME", given)
    read = read_settings()
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert read.home == folder / expected


def test_a_misspelt_name_in_the_file_is_an_error(folder: Path) -> None:
    (folder / ".env.dev").write_text("QDRANT_URI=http://x\n")
    with pytest.raises(SettingsError, match=r"\.env\.dev:\n  QDRANT_URI: no such variable"):
        read_settings()


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / ".env.dev").write_bytes("NOTICE_FROM=Søren\n".encode("latin-1"))
    with pytest.raises(SettingsError, match=r"\.env\.dev cannot be read.*UTF-8"):
        read_settings()
    with pytest.raises(SettingsError):
        museum_overrides("met")


def test_a_remedy_names_the_file_and_says_where_there_is_none(folder: Path) -> None:
    assert where_to_set() == f"{folder / '.env.dev'}, which is not there: go to the folder of .env.dev"
    (folder / ".env.dev").touch()
    assert where_to_set() == str(folder / ".env.dev")


def test_a_misspelt_argument_is_an_error() -> None:
    with pytest.raises(ValidationError, match="home"):
        Settings(home=Path("/tmp"))  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IMAGE_JPEG_QUALITY", "101"),
        ("IMAGE_MAX_DIMENSION", "big"),
        ("FAILURE_RATIO_LIMIT", "1.5"),
        ("CONTACT_EMAIL", "nobody"),
        ("CONTACT_EMAIL", "a@b.org\r\nX-Injected: 1"),
        ("WITHDRAWAL_GRACE_DAYS", "-1"),
    ],
)
def test_an_impossible_value_names_the_variable_and_not_the_value(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"\n  {name}: ") as caught:
        read_settings()
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ('{"shard": 6}', r"shard is none of shards, replicas, .*Give JSON such as"),
        ('{"shards": 0}', "shards: Input should be greater than or equal to 1"),
        ("shards=6", "no JSON "),
        ("[6]", "should be a valid dictionary"),
        ('{"oversampling": 2}', "oversampling needs"),
        ('{"write_consistency": 2}', "must not be more than replicas"),
    ],
)
@pytest.mark.parametrize("name", ["QDRANT_LAYOUT", "QDRANT_PRODUCTION_LAYOUT"])
def test_a_wrong_layout_is_told_with_its_setting(
    name: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=rf"\n  {name}: .*{says}"):
        read_settings()


def test_a_layout_is_json_in_the_environment_and_in_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env.dev").write_text('QDRANT_LAYOUT={"shards": 6, "quantization": "int8"}\n')
    monkeypatch.setenv("QDRANT_PRODUCTION_LAYOUT", '{"replicas": 2}')
    found = read_settings()
    assert str(found.qdrant_layout) == '{"shards":6,"quantization":"int8"}'
    assert str(found.qdrant_production_layout) == '{"replicas":2}'


def test_no_secret_is_in_the_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DAGSTER_POSTGRES_URL"):
        monkeypatch.setenv(name, "postgresql://u:hunter2@h/d")
    for name in ("AWS_SECRET_ACCESS_KEY", "QDRANT_API_KEY", "JINA_API_KEY"):
        monkeypatch.setenv(name, "hunter2")
    assert read_settings().database_url == "postgresql://u:hunter2@h/d"
    assert "hunter2" not in repr(read_settings())


@pytest.mark.parametrize("driver", ["", "+psycopg", "+psycopg2"])
def test_a_driver_suffix_is_for_dagster_alone(driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DAGSTER_POSTGRES_URL"):
        monkeypatch.setenv(name, f"postgresql{driver}://u:p@h/d")
    assert read_settings().database_url == Database(f"postgresql{driver}://u:p@h/d").url == "postgresql://u:p@h/d"
    assert read_settings().dagster_postgres_url == f"postgresql{driver}://u:p@h/d"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:s3cret/x@h:5432/db",
        "postgresql://user:12/s3cret@h/db",
        "postgresql://user:a@s3cret@h/db",
        "postgresql://user:%zzs3cret@h/db",
        "postgresql://user:s3cret",
        "postgresql://user@h/db?s3cret",
        "mysql://user:s3cret@h/db",
        "s3cret",
    ],
)
@pytest.mark.parametrize("name", ["DATABASE_URL", "DAGSTER_POSTGRES_URL"])
def test_what_is_no_postgres_address_is_refused_unquoted(name: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, url)
    with pytest.raises(SettingsError, match=rf"\n  {name}: .*not a Postgres address.*postgresql://") as caught:
        read_settings()
    with pytest.raises(BadAddress) as refused:
        Database(url)
    for text in (str(caught.value), str(refused.value), address_label(url)):
        assert "s3cret" not in text


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://user:s3cret@h:5432/db", "h:5432/db"),
        ("postgresql+psycopg2://user:s3%2Fcret%40@h/db", "h/db"),
        ("postgresql://user:s3cret@a:1,b:2/db", "a,b:1,2/db"),
        ("postgresql://user@/db?host=%2Fhome%2Fme%40museum.example%2Fpg", "local socket/db"),
    ],
)
def test_a_place_is_host_and_database(url: str, expected: str) -> None:
    assert address_label(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://user:s3cret@qdrant.example:6333",
        "https://s3cret@qdrant.example",
        "https://qdrant.example/?api_key=s3cret",
        "https://user:s3cret/x@qdrant.example",
        "https://user:12/s3cret@qdrant.example",
        "https://[s3cret",
        "qdrant.example:6333/s3cret",
    ],
)
def test_a_qdrant_address_with_a_secret_or_without_sense_is_refused_unquoted(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QDRANT_URL", url)
    with pytest.raises(SettingsError, match=r"\n  QDRANT_URL: .*(QDRANT_API_KEY|such as https://)") as caught:
        read_settings()
    assert "s3cret" not in str(caught.value)


def test_overrides_of_one_museum_come_from_file_and_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env.dev").write_text("MUSEUM_API_SMK=http://127.0.0.1:1/smk/\nMUSEUM_RATE_SMK=50\n")
    monkeypatch.setenv("MUSEUM_RATE_SMK", "0.5")
    monkeypatch.setenv("MUSEUM_IMAGE_HOSTS_SMK", "127.0.0.1:1, img.example.org,")
    smk = museum_overrides("smk")
    assert (smk.api_base, smk.image_hosts, smk.requests_per_second) == (
        "http://127.0.0.1:1/smk",
        ("127.0.0.1:1", "img.example.org"),
        0.5,
    )
    assert museum_overrides("met").api_base is None


@pytest.mark.parametrize(("name", "value"), [("MUSEUM_RATE_SMK", "0"), ("MUSEUM_API_SMK", "file:///etc/passwd")])
def test_an_impossible_override_names_its_museum(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match="_SMK"):
        Platform.from_settings().overrides("smk")


def test_the_user_agent_names_the_contact_when_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert user_agent(read_settings()) == f"museum-data-platform/{version()}"
    monkeypatch.setenv("CONTACT_EMAIL", "data@museum.example")
    assert user_agent(read_settings()).endswith("(mailto:data@museum.example)")


@pytest.mark.parametrize("profile", ["dev", "prod"])
def test_the_example_files_list_every_setting_and_nothing_else(
    profile: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = (ROOT / f".env.{profile}.example").read_text()
    names = set(re.findall(r"^(?:# )?([A-Z0-9_]+)=", example, re.MULTILINE))  # commented out or not
    fields = {(info.alias or field).upper() for field, info in Settings.model_fields.items()}
    assert {name for name in names if not name.startswith(PER_MUSEUM)} == fields - {"MUSEUM_PROFILE"}
    (folder / f".env.{profile}").write_text(example)
    monkeypatch.setenv("MUSEUM_PROFILE", profile)
    assert read_settings().profile == profile


def test_every_setting_is_described() -> None:
    assert [field for field, info in Settings.model_fields.items() if not info.description] == []
