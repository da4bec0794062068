"""A local server that speaks the OpenAI chat-completions protocol, and misbehaves when told to."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "llm_test"
Records = list[dict[str, Any]]


def read(document: dict[str, Any]) -> dict[str, Any]:
    """The fake model: `Name: value` lines of a document are its fields."""
    found = re.findall(r"^([A-Za-z ]+): (.+)$", document["text"], re.MULTILINE)
    return {"record_id": document["record_id"]} | {name.lower().replace(" ", "_"): value for name, value in found}


class FakeLlm:
    """`mishaps` change the next answers: each is (status, headers, body), a delay in seconds, or a function.

    A function gets the right records and returns other ones, or the text of the answer. `asked` holds every request's
    documents, `bodies` the requests.
    """

    def __init__(self) -> None:  # noqa: C901 - the handler is one table of mishaps
        self.mishaps: deque[Any] = deque()
        self.always: Any = None
        self.bodies: list[dict[str, Any]] = []
        self.asked: list[Records] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.headers["Authorization"] != f"Bearer {KEY}":
                    return self.answer(401, {"error": {"message": "bad key"}})
                if self.path != "/v1/chat/completions":
                    return self.answer(404, {"error": {"message": "no such path"}})
                fake.bodies.append(body)
                content = body["messages"][1]["content"]
                text = content if isinstance(content, str) else content[0]["text"]
                documents = json.loads(text)["documents"]
                fake.asked.append(documents)
                mishap = fake.mishaps.popleft() if fake.mishaps else fake.always
                if isinstance(mishap, tuple):
                    status, headers, raw = mishap
                    return self.answer(status, raw, headers)
                if isinstance(mishap, float):
                    time.sleep(mishap)
                records: Records | str = [read(document) for document in documents]
                if isinstance(mishap, Callable):
                    records = mishap(records)
                said = records if isinstance(records, str) else json.dumps({"records": records})
                message = {"role": "assistant", "content": said}
                choice = {"index": 0, "finish_reason": "stop", "message": message}
                return self.answer(
                    200, {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
                )

            def answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
                raw = body if isinstance(body, bytes) else json.dumps(body).encode()
                try:
                    self.send_response(status)
                    for name, value in ({"Content-Type": "application/json"} | (headers or {})).items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(raw)))
                    self.end_headers()
                    self.wfile.write(raw)
                except OSError:
                    return  # whoever timed out is gone

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def fail(self, status: int, times: int = 1, **headers: str) -> None:
        for _ in range(times):
            self.mishaps.append((status, headers, {"error": {"message": "no"}}))

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
