"""A certificate authority of the tests' own, and certificates of it for servers on this machine."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

EXTENSIONS = """subjectAltName=IP:127.0.0.1,DNS:localhost
basicConstraints=critical,CA:FALSE
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
"""
KEY_USAGE = "keyUsage=critical,keyCertSign,cRLSign"
"""Python 3.13 trusts no authority that does not say what its key is for."""

NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For what polls servers without TLS: httpx takes 25 ms for the authorities' certificates, at each request."""


class Authority:
    """It keeps its files in a folder. `file` is what a client trusts (PEM)."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        self.folder = folder
        self.file = folder / "authority.pem"
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Tests' authority",
                      "-addext", KEY_USAGE, "-keyout", "authority.key", "-out", "authority.pem")  # fmt: skip
        (folder / "extensions").write_text(EXTENSIONS)

    def certificate(self, name: str, *, expired: bool = False) -> Path:
        """A file with a key (PKCS#8) and its certificate; an expired one ended yesterday."""
        self._openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                      "-keyout", f"{name}.key", "-out", f"{name}.csr")  # fmt: skip
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "authority.pem", "-CAkey", "authority.key",
                      "-CAcreateserial", "-days", "-1" if expired else "2", "-extfile", "extensions",
                      "-out", f"{name}.crt")  # fmt: skip
        both = self.folder / f"{name}.pem"
        both.write_text((self.folder / f"{name}.key").read_text() + (self.folder / f"{name}.crt").read_text())
        return both

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)
