"""The proxy of docs/operations.md, run as it is before the UI; and the unit that starts the platform on a server."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from resources.embedded.s3 import free_port
from tests.support.places import ROOT
from tests.support.webserver import LAUNCH, Server, serve

NGINX = ROOT / "deploy" / "nginx.conf"
UNITS = {
    "museum.service": ["up", "--port", "3000"],
    "museum-readers.service": ["serve"],
    "museum-metrics.service": ["metrics"],
}
"""The units of systemd, and what each runs."""
NAME = "museum.example.org"
ANNA = ("anna", "correct horse")
WHOLE = """
{user}
daemon off;
error_log stderr;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {servers}
}}
"""


@contextmanager
def nginx(folder: Path, port: int, upstream: Server) -> Iterator[None]:
    """Run nginx with the file of the project, in which only places and ports are others."""
    certificate, key, accounts = folder / "certificate.pem", folder / "key.pem", folder / "accounts"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={NAME}",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    secret = subprocess.run(
        ["openssl", "passwd", "-6", "-stdin"], input=ANNA[1], check=True, capture_output=True, text=True
    )
    accounts.write_text(f"{ANNA[0]}:{secret.stdout}")
    text = NGINX.read_text(encoding="utf-8")
    for pattern, place in {
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        r"/etc/letsencrypt/\S+/fullchain.pem": certificate,
        r"/etc/letsencrypt/\S+/privkey.pem": key,
        "/etc/nginx/museum-accounts": accounts,
        "http://127.0.0.1:3000": upstream.url,
    }.items():
        text, count = re.subn(pattern, str(place), text)
        assert count, pattern
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(WHOLE.format(user=user, folder=folder, servers=text))
    process = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf"])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@pytest.mark.skipif(not (shutil.which("nginx") and shutil.which("openssl")), reason="nginx and openssl are not here")
def test_the_proxy_asks_who_is_there_and_the_guard_still_refuses_other_pages(
    place: tuple[Path, dict[str, str]],
) -> None:
    folder, env = place
    port = free_port()
    own = {"Host": f"{NAME}:{port}", "Origin": f"https://{NAME}:{port}", "Sec-Fetch-Site": "same-origin"}
    launch = {"query": LAUNCH, "variables": {"job": "paint"}}
    with (
        serve(folder, env | {"UI_HOSTS": f"{NAME}:{port}"}) as server,
        nginx(folder, port, server),
        httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=False, trust_env=False, timeout=60) as client,
    ):
        for _ in range(100):
            try:
                stranger = client.get("/", headers=own)
                break
            except httpx.ConnectError:
                time.sleep(0.1)
        assert stranger.status_code == 401
        assert client.post("/graphql", json=launch, headers=own, auth=("anna", "wrong")).status_code == 401
        assert server.runs() == 0
        assert client.get("/", headers=own, auth=ANNA).is_success
        assert "LaunchRunSuccess" in client.post("/graphql", json=launch, headers=own, auth=ANNA).text
        # Her browser sends the password along when another page asks it to.
        evil = own | {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        assert client.post("/graphql", json=launch, headers=evil, auth=ANNA).status_code == 403
        assert server.runs() == 1
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                   "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "graphql-ws"}  # fmt: skip
        for headers, status in ((own, 101), (evil, 403)):
            with client.stream("GET", "/graphql", headers=headers | upgrade, auth=ANNA) as answer:
                assert answer.status_code == status


@pytest.mark.parametrize("name", UNITS)
def test_the_unit_runs_without_privileges_within_bounds(name: str) -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment]
    unit.read(ROOT / "deploy" / name, encoding="utf-8")
    service = unit["Service"]
    assert service["ExecStart"].split()[1:] == UNITS[name]
    assert service["UMask"] == "0077"
    assert service["MemoryMax"]
    assert (service["CapabilityBoundingSet"], service["AmbientCapabilities"]) == ("", "")
    assert service["NoNewPrivileges"] == "true"
    assert service["ProtectSystem"] == "strict"
    assert service["User"] != "root"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_understands_the_unit_and_finds_little_exposed(name: str, tmp_path: Path) -> None:
    copy = tmp_path / name
    # The program is installed on the server only.
    text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
    copy.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text))
    for command in (["verify"], ["security", "--offline=true", "--threshold=30"]):
        done = subprocess.run(["systemd-analyze", *command, copy], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "ignoring" not in done.stderr, done.stderr
