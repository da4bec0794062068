"""A bounded memory: what was used longest ago goes first."""

from __future__ import annotations

from museum_assets.core.memory import Memory


def test_what_was_used_longest_ago_goes_first():
    memory: Memory[str, int] = Memory(2)
    memory.put("a", 1)
    memory.put("b", 2)
    assert memory.get("a") == 1
    memory.put("c", 3)
    assert [memory.get(key) for key in "abc"] == [1, None, 3]
