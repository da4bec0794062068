"""A local server that speaks the Jina embeddings API over a real socket, and misbehaves when told to."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import deque

import numpy as np

from tests.support.web_server import WebServer, json_answer

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
        self.server = WebServer(self._answer)
        self.url = f"{self.server.url}/v1/embeddings"

    def _answer(self, request):
        body = json.loads(request.body)
        self.bodies.append(body)
        self.requests.append(len(body["input"]))
        if request.headers["Authorization"] != f"Bearer {KEY}":
            return json_answer(401, {"detail": "Invalid API key"})
        if self.mishaps:
            status, headers, raw = self.mishaps.popleft()
            return json_answer(status, raw, headers)
        contents = [base64.b64decode(i["image"]) if "image" in i else i["text"].encode() for i in body["input"]]
        if any(REFUSED.encode() in content for content in contents):
            return json_answer(422, {"detail": "Failed to load image"})
        rows = [
            {"object": "embedding", "index": n, "embedding": vector_of(content, self.dimension).tolist()}
            for n, content in enumerate(contents)
        ]
        # Reversed, since the order of the rows is not promised.
        return json_answer(200, {"model": body["model"], "object": "list", "data": rows[::-1][self.drop :]})

    def fail(self, status, times=1, body=b'{"detail":"no"}', **headers):
        for _ in range(times):
            self.mishaps.append((status, headers, body))

    def close(self):
        self.server.close()
