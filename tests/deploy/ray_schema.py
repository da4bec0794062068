"""`python tests/deploy/ray_schema.py CRD FILE`: hold a RayCluster to KubeRay's own schema, strictly.

Runs in the checkers' environment, which has jsonschema; the schema is in KubeRay's Go module.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import jsonschema
import yaml


def strict(schema: Any) -> Any:
    """Return the schema with every name refused that it does not have."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: strict(each) for name, each in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        found["additionalProperties"] = False
    if schema.get("x-kubernetes-int-or-string"):
        found.pop("type", None)
    return found


def main() -> None:
    """Raise for a file that the schema refuses."""
    definition, file = (yaml.safe_load(Path(name).read_text()) for name in sys.argv[1:])
    (version,) = [each for each in definition["spec"]["versions"] if f"ray.io/{each['name']}" == file["apiVersion"]]
    schema = strict(version["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = {"type": "object"}
    jsonschema.validate(file, schema)


if __name__ == "__main__":
    main()
