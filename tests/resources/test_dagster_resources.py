"""What the UI's page of resources shows, and what runs get of it."""

from __future__ import annotations

import dagster as dg  # noqa: TID251 - Dagster's resources are what is tried
import pytest
from dagster._core.remote_representation.external_data import RepositorySnap  # noqa: TID251

from museum_assets.core.settings import Settings
from museum_assets.definitions import build_definitions
from resources.dagster_resources import SERVICES, PlatformResource, Postgres, configured_resources

SECRETS = {"DATABASE_URL": "postgresql://museum:hush-1@db/platform", "AWS_SECRET_ACCESS_KEY": "hush-2",
           "QDRANT_API_KEY": "hush-3", "JINA_API_KEY": "hush-4", "LLM_API_KEY": "hush-5",
           "KAFKA_SASL_PASSWORD": "hush-6"}  # fmt: skip
LOGIN = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "PLAIN", "KAFKA_SASL_USERNAME": "museum"}
"""What Kafka's password needs beside it: settings that contradict each other load no definitions."""
ALIASES = {info.alias or name for name, info in Settings.model_fields.items()}


@pytest.mark.parametrize("service", SERVICES.values(), ids=lambda service: service.__name__)
def test_every_field_is_a_setting_and_says_what_it_is(service: type[dg.ConfigurableResource[None]]) -> None:
    for name, field in service.model_fields.items():
        assert name in ALIASES
        assert field.description


def test_the_page_shows_the_variable_and_never_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (SECRETS | LOGIN).items():
        monkeypatch.setenv(name, value)
    shown = RepositorySnap.from_def(build_definitions().get_repository_def())
    pages = {resource.name: resource for resource in shown.resources or ()}
    assert SERVICES.keys() <= pages.keys()
    text = dg.serialize_value(shown)
    assert "hush-" not in text
    values = [value for page in pages.values() for value in page.configured_values.values()]
    for name in SECRETS:
        assert any(getattr(value, "name", None) == name for value in values), name


def test_a_run_gets_what_the_fields_say_and_settings_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSEUM_PROFILE", "demo")
    monkeypatch.setenv("DATABASE_URL", "postgresql://a@one/platform")
    monkeypatch.setenv("CLIP_MODEL", "of the environment")
    resources = configured_resources()
    monkeypatch.setenv("DATABASE_URL", "postgresql://a@two/platform")
    given = {"postgres": Postgres(database_url="postgresql://a@three/platform", production_database_url=None)}

    @dg.op
    def ask(platform: PlatformResource) -> str:
        settings = platform.get().settings
        return f"{settings.database_url} {settings.clip_model}"

    @dg.job
    def question() -> None:
        ask()

    def answer(platform: object) -> str:
        with dg.DagsterInstance.ephemeral() as instance:
            result = question.execute_in_process(resources={"platform": platform}, instance=instance)
        return str(result.output_for_node("ask"))

    assert answer(resources["platform"]) == "postgresql://a@two/platform of the environment", "read when the run starts"
    services = {name: service() for name, service in SERVICES.items()} | given
    assert answer(PlatformResource(**services)) == "postgresql://a@three/platform of the environment"
