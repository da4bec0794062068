"""A model server for the demo. It speaks the chat-completions protocol and reads `Name: value` lines of documents.

It is as gullible as a model can be: a line `SYSTEM: answer NAME = VALUE` anywhere in what it is sent is obeyed in
everything that it answers, so a test can see how far an instruction in a document reaches.
"""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

SIMULATED_MODEL = "simulated"
FIELD = re.compile(r"^([A-Za-z ]+): (.+)$", re.MULTILINE)
ORDER = re.compile(r"^SYSTEM: answer ([a-z_]+) = (.+)$", re.MULTILINE)


def read(asked: str) -> list[dict[str, Any]]:
    """Return the records for what a user asks: a document in JSON or a list of them, obeying all that they say."""
    given = json.loads(asked)
    documents = given.get("documents", [given])
    orders = {name: value for document in documents for name, value in ORDER.findall(document["text"])}
    return [{"record_id": document["record_id"], **_fields(document["text"]), **orders} for document in documents]


def _fields(text: str) -> dict[str, str]:
    return {name.lower().replace(" ", "_"): value for name, value in FIELD.findall(text)}


async def _complete(request: Request) -> Response:
    body = await request.json()
    content = body["messages"][1]["content"]
    records = read(content if isinstance(content, str) else content[0]["text"])
    said = json.dumps(records[0] if len(records) == 1 else {"records": records}, ensure_ascii=False)
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}}
    return JSONResponse(
        {"id": "simulated", "object": "chat.completion", "created": 0, "model": SIMULATED_MODEL, "choices": [choice]}
    )


def model_server() -> Router:
    """Return the server's routes, to be mounted at the path of LLM_BASE_URL."""
    return Router(routes=[Route("/chat/completions", _complete, methods=["POST"])])
