"""Numbers that fall the same way on every machine."""

from __future__ import annotations

_MASK = (1 << 64) - 1


def mix(number: int) -> int:
    """Scramble an integer to 64 well-mixed bits (the finaliser of SplitMix64)."""
    number = (number + 0x9E3779B97F4A7C15) & _MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _MASK
    return number ^ (number >> 31)
