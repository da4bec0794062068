"""`python -m museum_assets.operations.code_server run WORKSPACE FOLDER`: one code server for webserver and daemon.

Each of them starts one of its own for a location that is a module, and so the definitions were in memory twice. This
one serves the first location of WORKSPACE at a unix socket in FOLDER, beside the workspace file that leads to it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from museum_assets.core.json_logs import write_json
from museum_assets.core.settings import read_settings

SOCKET, SHARED = "code-server", "workspace.yaml"


def main() -> None:
    """Serve until SIGTERM. What is wrong with the definitions is told to who asks for them."""
    from dagster._cli.api import api_cli  # noqa: TID251 - this is orchestration
    from dagster._core.workspace.load_target import WorkspaceFileTarget  # noqa: TID251

    if read_settings().log_format == "json":
        write_json()
    workspace, folder = sys.argv[2], Path(sys.argv[3])
    (origin, *_) = WorkspaceFileTarget(paths=[workspace]).create_origins()
    place = f"grpc_server: {{socket: '{folder / SOCKET}', location_name: '{origin.location_name}'}}"
    (folder / SHARED).write_text(f"load_from: [{{{place}}}]\n", encoding="utf-8")
    target = origin.loadable_target_origin.get_cli_args()
    options = ["--lazy-load-user-code", "--use-python-environment-entry-point", "--inject-env-vars-from-instance"]
    api_cli(["grpc", "--socket", str(folder / SOCKET), "--location-name", origin.location_name, *options, *target])


if __name__ == "__main__":
    main()
