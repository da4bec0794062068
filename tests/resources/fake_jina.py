"""A local server that speaks the Jina embeddings API over a real socket, and misbehaves when told to."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

KEY = "jina_test"
REFUSED = "unreadable"


def vector_of(content: bytes | str, dimension=1024):
    """The fake model: content decides the vector, which is of unit length."""
    content = content.encode() if isinstance(content, str) else content
    seed = int.from_bytes(hashlib.sha256(content).digest()[:8])
    vector = np.random.default_rng(seed).standard_normal(dimension)
    return vector / np.linalg.norm(vector)


class FakeJina:
    """`mishaps` holds (status, headers, body) to answer the next requests with; `requests` counts inputs of each."""

    def __init__(self):
        self.mishaps: deque[tuple[int, dict[str, str], bytes]] = deque()
        self.requests: list[int] = []
        self.bodies: list[dict] = []
        self.dimension = 1024
        self.drop = 0
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fake.bodies.append(body)
                fake.requests.append(len(body["input"]))
                if self.headers["Authorization"] != f"Bearer {KEY}":
                    return self.answer(401, {"detail": "Invalid API key"})
                if fake.mishaps:
                    status, headers, raw = fake.mishaps.popleft()
                    return self.answer(status, raw, headers)
                contents = [base64.b64decode(i["image"]) if "image" in i else i["text"].encode() for i in body["input"]]
                if any(REFUSED.encode() in content for content in contents):
                    return self.answer(422, {"detail": "Failed to load image"})
                rows = [
                    {"object": "embedding", "index": n, "embedding": vector_of(content, fake.dimension).tolist()}
                    for n, content in enumerate(contents)
                ]
                # Reversed, since the order of the rows is not promised.
                return self.answer(200, {"model": body["model"], "object": "list", "data": rows[::-1][fake.drop :]})

            def answer(self, status, body, headers=None):
                raw = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in ({"Content-Type": "application/json"} | (headers or {})).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1/embeddings"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def fail(self, status, times=1, body=b'{"detail":"no"}', **headers):
        for _ in range(times):
            self.mishaps.append((status, headers, body))

    def close(self):
        self.server.shutdown()
        self.server.server_close()
