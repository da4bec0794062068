"""The values for Dagster's Helm chart say what the manifests say, by names that the chart has."""

from __future__ import annotations

import re
from typing import Any

import dagster  # noqa: TID251 - its version is that of the chart

from tests.deploy.files import DEPLOY, check_image, documents, manifests

(VALUES,) = documents("helm/values.yaml")
(INSTANCE,) = documents("kubernetes/dagster.yaml")
DAEMON = VALUES["dagsterDaemon"]
LAUNCHER = VALUES["runLauncher"]["config"]["k8sRunLauncher"]
WORKLOAD = {
    "image", "envConfigMaps", "envSecrets", "podSecurityContext", "securityContext", "volumes", "volumeMounts",
    "resources",
}  # fmt: skip
KNOWN = {
    "": {"global", "generatePostgresqlPasswordSecret", "generateCeleryConfigSecret", "serviceAccount", "telemetry",
         "postgresql", "dagster-user-deployments", "dagsterWebserver", "dagsterDaemon", "concurrency", "retention",
         "computeLogManager", "runLauncher"},
    "global": {"postgresqlSecretName", "dagsterHome", "serviceAccountName"},
    "postgresql": {"enabled", "postgresqlHost", "postgresqlUsername", "postgresqlDatabase", "postgresqlParams",
                   "postgresqlScheme"},
    "dagster-user-deployments": {"enabled", "deployments"},
    "dagsterWebserver": {*WORKLOAD, "replicaCount", "enableReadOnly"},
    "dagsterDaemon": {*WORKLOAD, "enabled", "runCoordinator", "runMonitoring", "runRetries", "sensors", "schedules"},
    "concurrency": {"enabled", "pools", "runs"},
    "retention": {"enabled", "sensor", "schedule"},
    "computeLogManager": {"type", "config"},
    "runLauncher": {"type", "config"},
}  # fmt: skip
"""The names of the chart's values that are used here, as its schema has them: a misspelt one would do nothing."""
KNOWN_DEPLOYMENT = {*WORKLOAD, "name", "dagsterApiGrpcArgs", "port", "includeConfigInLaunchedRuns", "labels"}
KNOWN_LAUNCHER = {"imagePullPolicy", "loadInclusterConfig", "envConfigMaps", "envSecrets", "volumes", "volumeMounts",
                  "labels", "failPodOnRunFailure", "resources", "securityContext", "runK8sConfig"}  # fmt: skip


def test_every_value_is_one_of_the_chart() -> None:
    assert set(VALUES) <= KNOWN[""]
    for name, known in KNOWN.items():
        assert not name or set(VALUES[name]) <= known, name
    (deployment,) = VALUES["dagster-user-deployments"]["deployments"]
    assert set(deployment) <= KNOWN_DEPLOYMENT
    assert set(LAUNCHER) <= KNOWN_LAUNCHER


def test_the_chart_has_the_version_of_dagster() -> None:
    named = re.findall(r"--version ([\d.]+)", (DEPLOY / "helm/values.yaml").read_text())
    assert named == [dagster.__version__]


def test_the_instance_is_that_of_the_manifests() -> None:
    def snake(tree: Any) -> Any:
        if isinstance(tree, dict):
            return {re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name): snake(each)
                    for name, each in tree.items()}  # fmt: skip
        return [snake(each) for each in tree] if isinstance(tree, list) else tree

    def limits(given: dict[str, Any]) -> dict[str, Any]:
        return {**given, "tag_concurrency_limits": [str(each).lower().replace("_", "")
                                                    for each in given["tag_concurrency_limits"]]}  # fmt: skip

    ours, theirs = INSTANCE["concurrency"], snake(VALUES["concurrency"])
    assert limits(theirs["runs"]) == limits(ours["runs"])
    assert theirs["pools"] == ours["pools"]
    assert snake(DAEMON["runMonitoring"]) == INSTANCE["run_monitoring"]
    assert snake(DAEMON["runRetries"]) == INSTANCE["run_retries"]
    assert snake(DAEMON["sensors"]) == INSTANCE["sensors"]
    retention = {name: each for name, each in snake(VALUES["retention"]).items() if name != "enabled"}
    assert retention == INSTANCE["retention"]
    logs = VALUES["computeLogManager"]["config"]["customComputeLogManager"]
    assert {name: logs[name] for name in ("module", "class")} == INSTANCE["compute_logs"]


def test_images_and_accounts_exist() -> None:
    for each in (VALUES["dagsterWebserver"], DAEMON, *VALUES["dagster-user-deployments"]["deployments"]):
        check_image("{repository}:{tag}".format(**each["image"]))
        assert each["securityContext"]["readOnlyRootFilesystem"]
    accounts = {each["metadata"]["name"] for each in manifests() if each["kind"] == "ServiceAccount"}
    runs = LAUNCHER["runK8sConfig"]["podSpecConfig"]["serviceAccountName"]
    assert {VALUES["global"]["serviceAccountName"], runs} <= accounts
