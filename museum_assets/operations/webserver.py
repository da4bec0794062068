"""Dagster's UI behind its guard, in this process."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

from museum_assets.operations.ui_guard import Authority, Guard

POLL_MILLISECONDS = 2000
"""How often the UI's pages ask for news, as with `dagster-webserver`."""
STATEMENT_MILLISECONDS = 15_000
RECYCLE_SECONDS = 3600
OVERFLOW = 20
GOODBYE_SECONDS = 3
"""Pages that listen to a run keep their connection for ever; at the end it is cut."""
LARGEST_MESSAGE = 1 << 20
"""Bytes of a websocket's message: it only names what the page listens to."""


def serve(listening: socket.socket, workspace: Path, hosts: Sequence[Authority], *, read_only: bool) -> None:
    """Serve the UI of the instance in DAGSTER_HOME at a bound socket, until SIGINT or SIGTERM.

    With `read_only` Dagster shows everything and changes nothing. Raises Dagster's own errors for a workspace or an
    instance that cannot be read.
    """
    import uvicorn
    from dagster import DagsterInstance  # noqa: TID251 - this is orchestration
    from dagster._core.workspace.context import WorkspaceProcessContext  # noqa: TID251
    from dagster._core.workspace.load_target import WorkspaceFileTarget  # noqa: TID251
    from dagster_webserver.app import create_app_from_workspace_process_context
    from dagster_webserver.version import __version__

    with DagsterInstance.get() as instance:
        instance.optimize_for_webserver(STATEMENT_MILLISECONDS, RECYCLE_SECONDS, OVERFLOW)
        with WorkspaceProcessContext(
            instance,
            version=__version__,
            read_only=read_only,
            workspace_load_target=WorkspaceFileTarget(paths=[str(workspace)]),
            code_server_log_level="info",
        ) as context:
            app = create_app_from_workspace_process_context(context, live_data_poll_rate=POLL_MILLISECONDS)
            server = uvicorn.Server(
                uvicorn.Config(
                    Guard(app, hosts),
                    log_level="warning",
                    # Nothing here depends on who a proxy says is asking.
                    proxy_headers=False,
                    server_header=False,
                    ws_max_size=LARGEST_MESSAGE,
                    timeout_graceful_shutdown=GOODBYE_SECONDS,
                )
            )
            server.run(sockets=[listening])
