"""A stage's name is said once: in its spec. Everything else refers to the spec."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from museum_assets import catalogue
from tests.support.product_code import modules

NAMES = re.compile(rf"\b({'|'.join(spec.name for spec in catalogue.stages())})\b")


def test_a_stage_is_named_in_its_spec_alone() -> None:
    found = [place for path, tree in modules() for place in _named(path, tree)]
    assert found == [], "refer to the spec: spec.name, spec.again(museum)"


def _named(path: str, tree: ast.Module) -> Iterator[str]:
    """Yield where a text of the code, which is no docstring, names a stage whose spec it does not make."""
    own = set(_made(tree))
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            for name in NAMES.findall(node.value):
                if name not in own:
                    yield f"{path}:{node.lineno} {name}"


def _made(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a module gives to the specs it makes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "StageSpec":
                given = [word.value for word in node.keywords if word.arg == "name"]
            else:
                given = node.args[:1] if node.func.id in {"embedding", "_channel"} else []
            yield from (str(name.value) for name in given if isinstance(name, ast.Constant))
