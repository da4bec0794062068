"""The rule of `sql/__init__.py` for what may stand inline in Python, held for every module of the platform.

It judges every string that begins as a statement does, with a verb in capitals, whatever is done with the string: in
product code nothing else begins so. Pieces that `psycopg.sql` fills in are not judged.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from tests.support.product_code import modules

GLUE = re.compile(r"(SET|RESET|TRUNCATE|ANALYZE|VACUUM|LOCK|COPY|CREATE|ALTER|GRANT|DROP) ")
"""Statements of sessions and tables, whose names and columns come from the code around them."""
DATA = re.compile(r"(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|MERGE|VALUES) ?")
CALL = re.compile(r"SELECT ([\w, ]+ FROM )?[\w.]+\(([^()]|\([^()]*\))*\)( AS \w+)?$")
"""One call of a function, whose arguments may be calls."""
COMPLEX = re.compile(
    r"\b(JOIN|USING|LATERAL|UNION|INTERSECT|EXCEPT|WITH|CASE|EXISTS|FILTER|OVER|GROUP BY|HAVING|DISTINCT ON"
    r"|ON CONFLICT)\b|FROM [\w.{}]+( AS \w+)?,|\(SELECT\b|^(?!SELECT).*\bSELECT\b"
)
FUNCTIONS = {"count", "max", "now", "any"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("SELECT count(*) FROM ops.ledger WHERE museum = %s AND output = ANY(%s)", ""),
        ("UPDATE production.release SET {} = %s, at = now() WHERE museum = %s", ""),
        ("SELECT pg_advisory_lock(hashtextextended(%s, 0))", ""),
        ("SELECT slots, pace FROM ops.reserve_slots(%s, %s)", ""),
        ("CREATE TEMP TABLE fetched ON COMMIT DROP AS SELECT {} FROM {} WHERE false", ""),
        ("SELECT a FROM b JOIN c USING (d)", "JOIN"),
        ("SELECT a FROM b, c", "FROM b,"),
        ("SELECT a FROM b WHERE c IN (SELECT d FROM e)", "(SELECT"),
        ("INSERT INTO a SELECT b FROM c", "INSERT INTO a SELECT"),
        ("INSERT INTO a VALUES (%s) ON CONFLICT DO NOTHING", "ON CONFLICT"),
        ("SELECT lower(title) FROM staging.artwork", "lower()"),
    ],
)
def test_the_rule_itself(text: str, fault: str) -> None:
    assert _fault(text) == fault


def test_what_stands_inline_is_simple() -> None:
    wrong = {where: fault for where, text, one_line in _statements() if (fault := _fault(text, one_line=one_line))}
    assert wrong == {}, "make these blocks of sql/queries, as sql/__init__.py says"


def test_what_stands_inline_is_needed_once() -> None:
    places = defaultdict(list)
    for where, text, _ in _statements():
        if DATA.match(text) and not CALL.match(text) and re.search(r"\b[a-z]+\.[a-z]", text):
            places[text].append(where)
    assert {text: found for text, found in places.items() if len(found) > 1} == {}, "make each of these one block"


def _fault(text: str, *, one_line: bool = True) -> str:
    """Return what keeps a statement from standing inline, empty when nothing does."""
    if not one_line:
        return "more than one line"
    if GLUE.match(text) or CALL.match(text):
        return ""
    if found := COMPLEX.search(text):
        return found.group()
    others = [name for name in re.findall(r"(\w+)\(", text) if name.lower() not in FUNCTIONS]
    return f"{others[0]}()" if others else ""


def _statements() -> Iterator[tuple[str, str, bool]]:
    """Yield where each statement in a string stands, its text, and whether it stands on one line."""
    for path, tree in modules():
        skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        skipped |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if id(node) in skipped:
                continue
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            elif isinstance(node, ast.JoinedStr):
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
            else:
                continue
            if GLUE.match(text) or DATA.match(text):
                yield f"{path}:{node.lineno}", text, node.lineno == node.end_lineno
