"""The manifests name what exists, ask for no privilege, and hold no secret. `make deploy-check` has their schema."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._config import process_config  # noqa: TID251 - what is tested is Dagster's configuration
from dagster_k8s import K8sRunLauncher

from museum_assets.core.settings import Settings
from resources.embedded.dagster_instance import configuration, write_configuration
from tests.deploy.files import KUBERNETES, SETTINGS, check_command, check_image, documents, manifests
from tests.deploy.run_job import run_job

WORKLOADS = {each["metadata"]["name"]: each for each in manifests() if "template" in each.get("spec", {})}
RUNS = "museum-run"
"""The label of runs, which dagster.yaml gives them."""
(INSTANCE,) = documents("kubernetes/dagster.yaml")
LAUNCHER = INSTANCE["run_launcher"]["config"]
SECRETS = {"museum-secrets", "museum-readers", "museum-metrics"}
CONFIG_MAPS = {"museum-settings", "museum-dagster", "museum-workspace"}


def pod(name: str) -> dict[str, Any]:
    found: dict[str, Any] = WORKLOADS[name]["spec"]["template"]["spec"]
    return found


def test_the_instance_is_the_platforms_with_another_launcher() -> None:
    written = yaml.safe_load(configuration(Settings(compute_logs_s3="a-bucket")))
    assert {name: value for name, value in INSTANCE.items() if name != "run_launcher"} == written


def test_an_instance_that_is_mounted_stays_as_it_is(tmp_path: Path) -> None:
    mine, mounted = tmp_path / "mine.yaml", tmp_path / "home" / "dagster.yaml"
    mine.write_text("a cluster's own")
    mounted.parent.mkdir()
    mounted.touch()
    if subprocess.run(["mount", "--bind", mine, mounted], check=False, capture_output=True).returncode:
        pytest.skip("only root may mount")
    try:
        write_configuration(mounted.parent)
        assert mounted.read_text() == "a cluster's own"
        assert [each.name for each in mounted.parent.iterdir()] == ["dagster.yaml"]
    finally:
        subprocess.run(["umount", mounted], check=True)
    write_configuration(mounted.parent)
    assert "storage:" in mounted.read_text()


def test_dagster_takes_the_launcher() -> None:
    assert run_job()["kind"] == "Job"
    wrong = process_config(K8sRunLauncher.config_type(), {**LAUNCHER, "job_images": "a"})
    assert not wrong.success


def test_what_the_launcher_names_exists() -> None:
    check_image(LAUNCHER["job_image"])
    assert LAUNCHER["instance_config_map"] in CONFIG_MAPS
    assert {*LAUNCHER["env_config_maps"], *LAUNCHER["env_secrets"]} <= CONFIG_MAPS | SECRETS
    accounts = {each["metadata"]["name"] for each in manifests() if each["kind"] == "ServiceAccount"}
    assert LAUNCHER["service_account_name"] in accounts
    assert {each["name"] for each in LAUNCHER["volume_mounts"]} == {each["name"] for each in LAUNCHER["volumes"]}
    assert LAUNCHER["labels"] == {"app.kubernetes.io/name": RUNS}


def test_a_run_asks_for_no_more_than_the_others() -> None:
    template = run_job()["spec"]["template"]
    run, other = template["spec"], pod("museum-code")
    assert template["metadata"]["labels"]["app.kubernetes.io/name"] == RUNS, "which the network policies let out"
    assert run["automountServiceAccountToken"] is False
    assert run["securityContext"].items() <= other["securityContext"].items()
    (container,), (others,) = run["containers"], other["containers"]
    assert container["securityContext"] == others["securityContext"]
    assert container["envFrom"] == others["envFrom"]
    assert container["resources"]["limits"].keys() >= {"cpu", "memory"}


def test_every_file_belongs_to_the_kustomization() -> None:
    (kustomization,) = documents("kubernetes/kustomization.yaml")
    generated = [file for each in kustomization["configMapGenerator"] for file in each["files"]]
    named = {*kustomization["resources"], *generated, "kustomization.yaml"}
    assert named == {path.name for path in KUBERNETES.iterdir()}
    assert {each["name"] for each in kustomization["configMapGenerator"]} < CONFIG_MAPS


def test_the_manifests_hold_no_secret() -> None:
    assert {each["kind"] for each in manifests()} & {"Secret"} == set()
    (settings,) = [each for each in manifests() if each["kind"] == "ConfigMap"]
    secrets = {name.upper() for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)}
    databases = {name for name in SETTINGS if name.endswith(("DATABASE_URL", "POSTGRES_URL"))}
    assert not set(settings["data"]) & (secrets | databases)


def test_every_setting_is_one() -> None:
    (settings,) = [each for each in manifests() if each["kind"] == "ConfigMap"]
    assert set(settings["data"]) <= SETTINGS


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(WORKLOADS))
def test_a_command_can_run(name: str) -> None:
    if name != "museum-qdrant":
        check_command(list(map(str, pod(name)["containers"][0]["command"])))


@pytest.mark.parametrize("name", sorted(WORKLOADS))
def test_a_workload_is_pinned_bounded_watched_and_without_privilege(name: str) -> None:
    (container,), spec = pod(name)["containers"], pod(name)
    check_image(container["image"])
    assert container["resources"]["limits"].keys() >= {"cpu", "memory"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    launches = spec["serviceAccountName"] == "museum-launcher"
    assert spec["automountServiceAccountToken"] is launches
    if WORKLOADS[name]["kind"] != "Job":
        assert {"startupProbe", "livenessProbe"} <= container.keys()
    if "ports" in container:
        assert "readinessProbe" in container
    claims = [each["metadata"]["name"] for each in WORKLOADS[name]["spec"].get("volumeClaimTemplates", [])]
    assert {each["name"] for each in container["volumeMounts"]} == {each["name"] for each in spec["volumes"]} | {
        *claims
    }
    for each in container.get("envFrom", []):
        assert each.get("configMapRef", each.get("secretRef"))["name"] in CONFIG_MAPS | SECRETS


def test_services_and_policies_meet_what_runs() -> None:
    ports = {
        name: {port["containerPort"] for port in pod(name)["containers"][0].get("ports", [])} for name in WORKLOADS
    }
    for each in manifests():
        if each["kind"] == "Service":
            selected = each["spec"]["selector"]["app.kubernetes.io/name"]
            assert {port["targetPort"] for port in each["spec"]["ports"]} == ports[selected]
        if each["kind"] == "NetworkPolicy":
            assert names_in(each["spec"]) <= {*WORKLOADS, RUNS}
    policies = [each["spec"] for each in manifests() if each["kind"] == "NetworkPolicy"]
    assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} in policies, "nothing is denied"
    opened = {name for each in policies if "ingress" in each for name in names_in({"own": each["podSelector"]})}
    assert opened == {name for name in WORKLOADS if ports[name]}


def names_in(tree: Any) -> set[str]:
    """The names of workloads that selectors name."""
    if isinstance(tree, list):
        return set().union(*map(names_in, tree))
    if not isinstance(tree, dict):
        return set()
    own = {tree["app.kubernetes.io/name"]} if "app.kubernetes.io/name" in tree else set()
    own |= set(tree["values"]) if tree.get("key") == "app.kubernetes.io/name" else set()
    return own | names_in(list(tree.values()))
