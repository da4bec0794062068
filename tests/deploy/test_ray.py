"""The Ray cluster has the version that is pinned, the platform's settings, and no more privileges than a run."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.deploy.files import DEPLOY, SETTINGS, check_image, documents
from tests.deploy.run_job import run_job
from tests.support.places import ROOT

(CLUSTER,) = documents("kubernetes-ray/cluster.yaml")
(KUSTOMIZATION,) = documents("kubernetes-ray/kustomization.yaml")
GROUPS = [CLUSTER["spec"]["headGroupSpec"], *CLUSTER["spec"]["workerGroupSpecs"]]
NAME = "app.kubernetes.io/name"


def test_the_cluster_has_the_version_that_is_pinned() -> None:
    (version,) = re.findall(r"^ray==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert CLUSTER["spec"]["rayVersion"] == version


def test_runs_are_told_of_it() -> None:
    text = KUSTOMIZATION["patches"][0]["patch"]
    given = dict(re.findall(r"/data/(\w+), value: \"?([^\"}]+)", text))
    assert set(given) == {"WORKERS", "RAY_ADDRESS"} < SETTINGS
    assert given["RAY_ADDRESS"] == f"ray://{CLUSTER['metadata']['name']}-head-svc:10001"
    files = {path.name for path in (DEPLOY / "kubernetes-ray").iterdir()}
    assert files == {*KUSTOMIZATION["resources"], "kustomization.yaml"} - {"../kubernetes"}


@pytest.mark.parametrize("group", GROUPS, ids=["head", "workers"])
def test_a_node_asks_for_no_more_than_a_run(group: dict[str, Any]) -> None:
    node, run = group["template"]["spec"], run_job()["spec"]["template"]["spec"]
    (container,), (runs,) = node["containers"], run["containers"]
    check_image(container["image"])
    assert container["securityContext"] == runs["securityContext"]
    assert run["securityContext"].items() <= node["securityContext"].items()
    assert node["automountServiceAccountToken"] is False
    assert container["envFrom"] == runs["envFrom"], "a node with other settings is refused"
    assert container["resources"]["limits"].keys() >= {"cpu", "memory"}
    assert container.keys() >= {"startupProbe", "readinessProbe", "livenessProbe"}
    assert {each["name"] for each in container["volumeMounts"]} == {each["name"] for each in node["volumes"]}


def test_only_runs_and_nodes_reach_it() -> None:
    labels = {group["template"]["metadata"]["labels"][NAME] for group in GROUPS}
    assert labels == {"museum-ray"}
    (own, _) = documents("kubernetes-ray/network-policies.yaml")
    assert own["spec"]["podSelector"] == {"matchLabels": {NAME: "museum-ray"}}
    within, clients = own["spec"]["ingress"]
    assert re.findall(rf'"{NAME}": "([\w-]+)"', json.dumps(within)) == ["museum-ray"]
    assert re.findall(rf'"{NAME}": "([\w-]+)"', json.dumps(clients)) == ["museum-run"]
    assert CLUSTER["spec"]["headGroupSpec"]["rayStartParams"]["dashboard-host"] == "127.0.0.1"
