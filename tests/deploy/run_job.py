"""`python -m tests.deploy.run_job FILE`: write the job that dagster-k8s makes of `deploy/kubernetes/dagster.yaml`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from dagster import DagsterRun  # noqa: TID251 - what is tested is how Dagster launches a run
from dagster._config import process_config  # noqa: TID251
from dagster_k8s import K8sRunLauncher
from dagster_k8s.container_context import K8sContainerContext
from dagster_k8s.job import construct_dagster_k8s_job
from kubernetes.client import ApiClient

from tests.deploy.files import documents

NOWHERE = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "none",
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
    "clusters": [{"name": "none", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "none", "user": {}}],
}


def run_job() -> dict[str, Any]:
    """The job of a run; no cluster is asked."""
    (instance,) = documents("kubernetes/dagster.yaml")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(NOWHERE, file)
        file.flush()
        outside = {"load_incluster_config": False, "kubeconfig_file": file.name}
        given = process_config(K8sRunLauncher.config_type(), {**instance["run_launcher"]["config"], **outside})
        assert given.success, given.errors
        launcher = K8sRunLauncher(**(given.value or {}))
    context = K8sContainerContext.create_for_run(DagsterRun("collection"), launcher, include_run_tags=True)
    job = construct_dagster_k8s_job(
        job_config=context.get_k8s_job_config(None, launcher),
        args=["dagster", "api", "execute_run"],
        job_name="run",
        pod_name="run",
        component="run_worker",
        user_defined_k8s_config=context.run_k8s_config,
        labels={},
    )
    return {"apiVersion": "batch/v1", "kind": "Job", **ApiClient().sanitize_for_serialization(job)}


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(run_job()))
