"""Makers of all museums joined to identities. Pure, and the same whatever the order of museums and makers.

First what people decided, then what links and authorities say, then names with years, the surest first. Nothing that
is uncertain is joined: it is a question on both makers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from museum_assets.enrichment.authority.likeness import reading_order
from museum_assets.enrichment.authority.links import AUTHORITIES, Identity
from museum_assets.enrichment.joining.pairs import JOINED, QUESTION, compared, contradicting
from museum_assets.enrichment.joining.person import Person

GIVEN, INFERRED, CURATED, ALONE = "given", "inferred", "curated", "alone"
MARGIN = 0.1
"""How far the best of a museum's makers must be before its next: of two alike, neither is joined."""
MOST_QUESTIONS = 5
MOST_ALIKE = 300
"""Makers that share years or names and are still compared with each other."""


@dataclass(frozen=True, slots=True)
class Joined:
    """What came of one maker. `candidates` are makers that it may be one with, and is not."""

    museum: str
    key: str
    identity: str
    label: str
    method: str
    score: float | None
    birth: int | None
    death: int | None
    candidates: Sequence[dict[str, Any]] = field(default=())


@dataclass(eq=False)
class _Group:
    members: list[Person]
    how: dict[str, tuple[str, float]] = field(default_factory=dict)

    def add(self, other: _Group) -> None:
        self.members += other.members
        self.how |= other.how


class Joining:
    """The groups, while they are joined."""

    def __init__(self, people: Iterable[Person], splits: Iterable[tuple[str, str]] = ()) -> None:
        self.people = {each.key: each for each in sorted(people, key=lambda each: each.key)}
        self.group = {key: _Group([each]) for key, each in self.people.items()}
        self.splits = {frozenset(pair) for pair in splits}
        self.questions: dict[str, list[tuple[float, str, str]]] = defaultdict(list)

    def merge(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Join what people decided is one, whatever the data says."""
        for one, other in sorted(tuple(sorted(pair)) for pair in pairs):
            if one in self.group and other in self.group and frozenset((one, other)) not in self.splits:
                self._join(self.people[one], self.people[other], CURATED, 1.0)

    def link(self) -> None:
        """Join those that are one at an authority, unless their years contradict it."""
        known: dict[Identity, list[Person]] = defaultdict(list)
        for each in self.people.values():
            for identity in () if each.qualifier else each.identities:
                known[identity].append(each)
        for identity, same in sorted(known.items()):
            for other in same[1:]:
                one = same[0]
                why = f"both are {identity}"
                if contradicting(one, other):
                    self._ask(one, other, 0.8, f"{why}, and their years contradict each other")
                elif not self._split(one, other):
                    self._join(one, other, None, 1.0)

    def infer(self) -> None:
        """Join those whose names and years agree, the surest first."""
        found = {}
        for one, other in _candidates(self.people.values()):
            if self.group[one.key] is not self.group[other.key]:
                pair = compared(one, other)
                if pair.score >= QUESTION:
                    found[one.key, other.key] = pair
        unsure = _ambiguous(self.people, {pair: found[pair].score for pair in found})
        for (a, b), pair in sorted(found.items(), key=lambda each: (-each[1].score, each[0])):
            one, other = self.people[a], self.people[b]
            if self.group[a] is self.group[b]:
                continue
            if pair.score < JOINED:
                self._ask(one, other, pair.score, pair.why)
            elif (a, b) in unsure:
                self._ask(one, other, pair.score, f"{pair.why}, and so is another one of the museum")
            elif problem := self._problem(one, other):
                self._ask(one, other, pair.score, f"{pair.why}, but {problem}")
            else:
                self._join(one, other, INFERRED, pair.score)

    def result(self) -> list[Joined]:
        """Return what came of each maker, by key."""
        taken: set[str] = set()
        found: list[Joined] = []
        groups = {id(group): group for group in self.group.values()}
        for group in sorted(groups.values(), key=lambda each: min(member.key for member in each.members)):
            found += _joined(group, taken, self.questions)
        return sorted(found, key=lambda each: each.key)

    def _split(self, one: Person, other: Person) -> bool:
        pairs = ((a.key, b.key) for a in self.group[one.key].members for b in self.group[other.key].members)
        return any(frozenset(pair) in self.splits for pair in pairs)

    def _problem(self, one: Person, other: Person) -> str | None:
        """Return what stands against joining the groups of two makers."""
        if self._split(one, other):
            return "a person decided that they are two"
        for a in self.group[one.key].members:
            for b in self.group[other.key].members:
                if a.museum == b.museum and a.own_id and b.own_id:
                    return f"{a.museum} tells {a.key} and {b.key} apart"
                if contradicting(a, b):
                    return f"the years of {a.key} and {b.key} contradict each other"
                at = {each.authority: each for each in a.identities}
                if any(at.get(each.authority, each) != each for each in b.identities):
                    return f"{a.key} and {b.key} are two at an authority"
        return None

    def _join(self, one: Person, other: Person, method: str | None, score: float) -> None:
        """Join the groups of two makers. Whose own identity is known is there by that, unless a person decided."""
        group, joining = self.group[one.key], self.group[other.key]
        if group is joining:
            return
        for each, its in ((one, group), (other, joining)):
            if its.how.get(each.key, ("", 0.0))[1] < score:
                own = each.method if method != CURATED else None
                its.how[each.key] = (own or method or GIVEN, 1.0 if own else score)
        group.add(joining)
        for member in joining.members:
            self.group[member.key] = group

    def _ask(self, one: Person, other: Person, score: float, why: str) -> None:
        self.questions[one.key].append((score, other.key, why))
        self.questions[other.key].append((score, one.key, why))


def joined(
    people: Iterable[Person], merges: Iterable[tuple[str, str]] = (), splits: Iterable[tuple[str, str]] = ()
) -> list[Joined]:
    """Return what comes of all makers, by key; `merges` and `splits` are what people decided of pairs of keys."""
    joining = Joining(people, splits)
    joining.merge(merges)
    joining.link()
    joining.infer()
    return joining.result()


def _candidates(people: Iterable[Person]) -> list[tuple[Person, Person]]:
    """Return the pairs that are worth comparing: of the same two years, of the same words, of a word and a year."""
    blocks: dict[tuple[Any, ...], list[Person]] = defaultdict(list)
    for each in people:
        if each.apart:
            continue
        if each.birth is not None and each.death is not None:
            blocks[each.birth, each.death].append(each)
        for words in {words for words, _ in each.forms}:
            blocks[("name", words)].append(each)
            for word in words:
                blocks["birth", each.birth, word].append(each)
                blocks["death", each.death, word].append(each)
    found = {}
    for block, alike in blocks.items():
        if len(alike) > 1 and None not in block and len(alike) <= MOST_ALIKE:
            for one, other in combinations(alike, 2):
                if one.key != other.key and not (one.museum == other.museum and one.own_id and other.own_id):
                    pair = (one, other) if one.key < other.key else (other, one)
                    found[pair[0].key, pair[1].key] = pair
    return list(found.values())


def _ambiguous(people: dict[str, Person], scores: dict[tuple[str, str], float]) -> set[tuple[str, str]]:
    """Return the pairs of a maker with one of several that another museum tells apart, and that are about as alike."""
    by_maker: dict[tuple[str, str], list[tuple[float, tuple[str, str]]]] = defaultdict(list)
    for pair, score in scores.items():
        for mine, theirs in (pair, pair[::-1]):
            if people[theirs].own_id:
                by_maker[mine, people[theirs].museum].append((score, pair))
    found: set[tuple[str, str]] = set()
    for alike in by_maker.values():
        best, *others = sorted(alike, reverse=True)
        if others and best[0] - others[0][0] < MARGIN:
            found |= {pair for _, pair in alike}
        else:
            found |= {pair for _, pair in others}
    return found


def _joined(group: _Group, taken: set[str], questions: dict[str, list[tuple[float, str, str]]]) -> list[Joined]:
    members = sorted(group.members, key=lambda each: each.key)
    identity = _identity(members, taken)
    taken.add(identity)
    label, birth, death = _label(members), _most(each.birth for each in members), _most(each.death for each in members)
    within = {each.key for each in members}
    found = []
    for each in members:
        method, score = group.how.get(each.key, (each.method or ALONE, 1.0 if each.method else None))
        asked = sorted((q for q in questions[each.key] if q[1] not in within), key=lambda q: (-q[0], q[1]))
        candidates = [{"key": key, "score": score_, "why": why} for score_, key, why in asked[:MOST_QUESTIONS]]
        found.append(Joined(each.museum, each.key, identity, label, method, score, birth, death, candidates))
    return found


def _identity(members: Sequence[Person], taken: set[str]) -> str:
    """Return what a group is known by: an authority's identity, else the first of its keys."""
    order = {name: place for place, name in enumerate(AUTHORITIES)}
    known = {identity for each in members if not each.qualifier for identity in each.identities}
    for identity in sorted(known, key=lambda each: (order.get(each.authority, len(order)), each)):
        if str(identity) not in taken:
            return str(identity)
    return members[0].key


def _label(members: Sequence[Person]) -> str:
    """Return the name that an identity is shown with: an authority's, else the one that most works have."""
    known = [each.label for each in members if each.label]
    if known:
        return min(known, key=lambda each: (-known.count(each), each))
    works: dict[str, int] = defaultdict(int)
    for each in members:
        works[reading_order(each.names[0])] += max(1, each.works)
    name = min(works, key=lambda each: (-works[each], each))
    qualifier = members[0].qualifier
    return name if not qualifier or qualifier.split()[0] in name.casefold() else f"{name} ({qualifier})"


def _most(years: Iterable[int | None]) -> int | None:
    known = [year for year in years if year is not None]
    return min(known, key=lambda each: (-known.count(each), each)) if known else None
