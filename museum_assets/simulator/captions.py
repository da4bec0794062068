"""What people say of a scene in English, Danish and Dutch: titles, queries, and the texts that a model learns from."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from museum_assets.simulator.dice import mix
from museum_assets.simulator.lexicon import (
    AT,
    COLOUR_FORMS,
    COLOURED_NOUNS,
    FACTS,
    FROM,
    FRUIT,
    LANGUAGES,
    NOUNS,
    PLACES,
    STYLES,
)
from museum_assets.simulator.scenes import Scene, scene_of

_SMALL = frozenset(
    ["a", "an", "and", "at", "by", "for", "from", "in", "of", "off", "on", "the", "with", "beyond", "near"]
)


def titles(scene: Scene, bits: int) -> tuple[str, str, str]:
    """Return the work's title in English, Danish and Dutch: what it shows and where, sometimes with its state."""
    nouns, facts, place = bits & 1, _said(scene, bits >> 1), PLACES[(bits >> 16) % len(PLACES)]
    state = "" if (bits >> 24) % 3 else f", {1 + (bits >> 32) % 12}"
    found = []
    for language in range(len(LANGUAGES)):
        words = [subject_forms(scene.subject, scene.colour, language)[nouns]]
        words += [_forms(FACTS[fact][language])[(bits >> 8) & 1] for fact in facts]
        words += [AT.get(scene.subject, FROM)[language], place[language]]
        title = " ".join(words)
        found.append((_headline(title) if language == 0 else title[0].upper() + title[1:]) + state)
    return found[0], found[1], found[2]


def _said(scene: Scene, bits: int) -> list[str]:
    """Return the facts that a title names: weather or time of day where they are special, else the season."""
    special = [fact for fact in (scene.weather, scene.time) if fact and fact != "day"]
    # Calm is what goes without saying when there is a sunset or a moon to name.
    facts = special[-1:] if scene.weather == "calm" else special
    return facts if facts and (bits & 1 or not scene.season) else [*facts, scene.season] if scene.season else facts


def _headline(text: str) -> str:
    words = text.split(" ")
    return " ".join(
        word if place and word in _SMALL else word[:1].upper() + word[1:] for place, word in enumerate(words)
    )


def subject_forms(subject: str, colour: str | None, language: int) -> list[str]:
    """Return the ways to name a subject, with its colour where it has one."""
    if colour is None:
        return _forms(NOUNS[subject][language])
    plain, neuter, definite = _forms(COLOUR_FORMS[colour][language])
    fruit = FRUIT[colour][language] if subject == "still_life" else ""
    patterns = _forms(COLOURED_NOUNS[subject][language])
    return [pattern.format(c=plain, t=neuter, e=definite, fruit=fruit) for pattern in patterns]


def queries(subject: str, fact: str, language: int) -> list[str]:
    """Return the ways to ask for a subject with one fact, such as ships in a storm."""
    if fact in COLOUR_FORMS:
        return subject_forms(subject, fact, language)
    return [
        f"{noun} {said}" for noun in subject_forms(subject, None, language) for said in _forms(FACTS[fact][language])
    ]


def caption(scene: Scene, dice: Random, language: int) -> str:
    """Return a few words that fit the scene, as people search for it."""
    facts = sorted(scene.facts - {scene.colour})
    chosen = dice.sample(facts, min(len(facts), dice.choice((0, 1, 1, 1, 2))))
    colour = scene.colour if dice.random() < 0.65 else None
    words = [dice.choice(subject_forms(scene.subject, colour, language))]
    words += [dice.choice(_forms(FACTS[fact][language])) for fact in chosen]
    if chosen and dice.random() < 0.1:
        words = words[1:]  # the weather alone
    elif dice.random() < 0.12:
        words.insert(0, dice.choice(_forms(STYLES[scene.style][language])))
    if dice.random() < 0.1:
        dice.shuffle(words)
    return " ".join(words)


def record_text(scene: Scene, dice: Random, language: int, names: Sequence[str]) -> str:
    """Return a title with some of the artists, kind and year, as the platform composes the text that it embeds."""
    parts = [titles(scene, mix(dice.getrandbits(60)))[language]]
    if dice.random() < 0.85:
        parts.append("by " + ", ".join(dice.sample(list(names), dice.choice((1, 1, 1, 2)))))
    parts.append(_forms(STYLES[scene.style][0])[0])
    if dice.random() < 0.8:
        parts.append(str(dice.randint(1480, 1920)))
    return ", ".join(parts)


def asked() -> list[tuple[str, str]]:
    """Return every (subject, fact) that a scene can show."""
    scenes = [scene_of(mix(number), "painting") for number in range(4000)]
    return sorted({(scene.subject, fact) for scene in scenes for fact in scene.facts})


def _forms(text: str) -> list[str]:
    return text.split("|")
