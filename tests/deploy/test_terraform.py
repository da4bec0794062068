"""The Terraform of AWS: its outputs are settings, and what checkov passes over says why (`make deploy-check`)."""

from __future__ import annotations

import re

from museum_assets.core.settings import Settings
from tests.deploy.files import DEPLOY, SETTINGS, manifests

FILES = {path.name: path.read_text() for path in sorted((DEPLOY / "terraform").glob("*.tf"))}
OUTPUTS, BUCKETS, DATABASE = FILES["outputs.tf"], FILES["buckets.tf"], FILES["database.tf"]
SETTING = re.compile(r"^ +([A-Z][A-Z0-9_]+) +=", re.MULTILINE)


def test_the_outputs_are_settings() -> None:
    named = set(SETTING.findall(OUTPUTS)) | set(SETTING.findall(BUCKETS))
    assert named <= SETTINGS
    assert named >= {"DATABASE_URL", "DAGSTER_POSTGRES_URL", "CONTACT_EMAIL", "QDRANT_URL", "AWS_REGION"}


def test_every_bucket_is_made() -> None:
    buckets = {name.upper() for name in Settings.model_fields if name.endswith("_bucket")} | {"COMPUTE_LOGS_S3"}
    assert set(SETTING.findall(BUCKETS)) == buckets


def test_what_holds_a_password_is_not_shown() -> None:
    outputs = dict(re.findall(r'^output "(\w+)" \{\n((?:  .*\n)*)\}', OUTPUTS, re.MULTILINE))
    assert outputs.keys() >= {"settings", "secrets", "env_prod", "role_arns"}
    for name, body in outputs.items():
        assert ("local.secrets" in body) == ("sensitive   = true" in body), name
    settings = OUTPUTS[OUTPUTS.index("settings = merge") : OUTPUTS.index("secrets = merge")]
    assert "random_password" not in settings


def test_the_database_is_private_encrypted_and_backed_up() -> None:
    given = dict(re.findall(r"^  (\w+) += (.+)$", DATABASE[DATABASE.index('"aws_db_instance"') :], re.MULTILINE))
    assert given["publicly_accessible"] == "false"
    assert given["storage_encrypted"] == given["deletion_protection"] == given["multi_az"] == "true"
    assert int(given["backup_retention_period"]) >= 7


def test_roles_are_for_the_accounts_of_the_manifests() -> None:
    accounts = {
        each["metadata"]["name"]: each["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
        for each in manifests()
        if each["kind"] == "ServiceAccount" and "annotations" in each["metadata"]
    }
    roles = re.findall(r'^    (\w+) += \[((?:"[\w-]+"(?:, )?)+)\]$', FILES["roles.tf"], re.MULTILINE)
    assert {
        account: role for role, names in roles for account in re.findall(r'"([\w-]+)"', names)
    } == {name: arn.rpartition("museum-")[2] for name, arn in accounts.items()}  # fmt: skip


def test_nothing_is_passed_over_without_a_reason_and_every_provider_is_pinned() -> None:
    text = "".join(FILES.values())
    skips = re.findall(r"#checkov:skip=(\w+):?(.*)", text)
    assert skips
    assert all(len(reason.split()) > 2 for _, reason in skips)
    assert re.findall(r'version = "([\d.]+)"', FILES["versions.tf"]) == ["6.2.0", "3.7.2"]
    passwords = re.findall(r"^ *(?:password|secret_string) += (.+)$", text, re.MULTILINE)
    assert passwords
    assert all("random_password." in each for each in passwords)
