"""A local server that speaks the OpenAI chat-completions protocol, and misbehaves when told to."""

from __future__ import annotations

import json
import re
from collections import deque
from typing import Any

from tests.support.web_server import Answer, Asked, WebServer, json_answer

KEY = "llm_test"
Record = dict[str, Any]


def read(document: dict[str, Any]) -> dict[str, Any]:
    """The fake model: `Name: value` lines of a document are its fields."""
    found = re.findall(r"^([A-Za-z ]+): (.+)$", document["text"], re.MULTILINE)
    return {"record_id": document["record_id"]} | {name.lower().replace(" ", "_"): value for name, value in found}


class FakeLlm:
    """`mishaps` change the next answers: each is (status, headers, body), a delay in seconds, or a function.

    A function gets the right record and returns another one, or the text of the answer. `asked` holds every request's
    document, `bodies` the requests. `usage` is what an answer says of its tokens.
    """

    def __init__(self) -> None:
        self.mishaps: deque[Any] = deque()
        self.always: Any = None
        self.usage: dict[str, int] | None = None
        self.finish = "stop"
        self.bodies: list[dict[str, Any]] = []
        self.asked: list[Record] = []
        self.server = WebServer(self._answer)
        self.url = f"{self.server.url}/v1"

    def _answer(self, request: Asked) -> Answer:
        if request.headers["Authorization"] != f"Bearer {KEY}":
            return json_answer(401, {"error": {"message": "bad key"}})
        if request.path != "/v1/chat/completions":
            return json_answer(404, {"error": {"message": "no such path"}})
        body = json.loads(request.body)
        self.bodies.append(body)
        content = body["messages"][1]["content"]
        document = json.loads(content if isinstance(content, str) else content[0]["text"])
        self.asked.append(document)
        mishap = self.mishaps.popleft() if self.mishaps else self.always
        if isinstance(mishap, tuple):
            status, headers, raw = mishap
            return json_answer(status, raw, headers)
        record: Record | str = read(document)
        if callable(mishap):
            record = mishap(record)
        message = {"role": "assistant", "content": record if isinstance(record, str) else json.dumps(record)}
        choice = {"index": 0, "finish_reason": self.finish, "message": message}
        answer = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
        if self.usage:
            answer["usage"] = self.usage
        return json_answer(200, answer, after=mishap if isinstance(mishap, float) else 0.0)

    def fail(self, status: int, times: int = 1, **headers: str) -> None:
        for _ in range(times):
            self.mishaps.append((status, headers, {"error": {"message": "no"}}))

    def close(self) -> None:
        self.server.close()
