"""A proposal of a declaration, guessed from a profile: each guess says what it was guessed from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from museum_assets.cli.museum_files import Shape
from museum_assets.cli.museum_profile import Key, Profile, hosts
from museum_assets.museums.declared.load import TODO
from museum_assets.museums.mediums import types_in
from museum_assets.museums.rights import known_licence
from museum_assets.museums.work_types import standardise

MOST_CLASSES = 40
FREE = ("CC0", "PDM", "CC BY", "CC BY-SA")
"""Licences that are proposed as open, by the names of rights.py."""
_PICTURE = re.compile(
    r"https?://\S+?(?:\.(?:jpe?g|png|webp)(?:\?\S*)?|/full/\S+|\?(?:\S*&)?(?:size|width|height|irn)=\S+)", re.IGNORECASE
)
"""The last are addresses of a program that sends pictures, such as `?irn=102066&size=Medium`."""
_YEAR = re.compile(r"-?\d{3,4}(?:\.0|-\d\d(?:-\d\d(?:[T ]\S*)?)?)?")
_MAKERS = "artist|maker|creator|contributor|constituent|person|author|kunstner|kunstenaar|künstler"
_LIFE = re.compile(r".*\d{4}\s*[-–—]\s*\d{4}\s*")
_CLAIM = re.compile(r"©|copyright", re.IGNORECASE)
_OPEN = re.compile(r"cc0|cc-0|public.?domain|no known copyright|pdm|true", re.IGNORECASE)
Test = Callable[[Key], bool]


@dataclass
class Guess:
    """A key for a field, and why."""

    path: str | None
    why: str = ""


@dataclass
class Proposer:
    """Guesses the fields of one profile, each key for one of them."""

    profile: Profile
    taken: set[str] = field(default_factory=set)

    def find(
        self, names: Sequence[str], test: Test = lambda _: True, *, least: float = 0.3, keep: bool = False
    ) -> Guess:
        """Return the first key whose last name matches, earlier patterns first, in enough records."""
        for name in names:
            found = [
                path
                for path, key in self.profile.keys.items()
                if path not in self.taken and re.search(name, _last(path), re.IGNORECASE)
                and self.profile.coverage(path) >= least and test(key)
            ]  # fmt: skip
            if found:
                best = min(found, key=lambda path: (path.count("."), -self.profile.coverage(path)))
                if not keep:
                    self.taken.add(best)
                return Guess(best, self.told(best))
        return Guess(None)

    def told(self, path: str) -> str:
        """Return what is known of a key, for the comment beside its guess."""
        examples = ", ".join(json.dumps(each, ensure_ascii=False) for each in self.profile.keys[path].examples)
        return f"in {self.profile.coverage(path):.0%} of the records: {examples}"


def _last(path: str) -> str:
    return path.rpartition(".")[2].removesuffix("[]")


def _has(pattern: re.Pattern[str], least: float = 0.6) -> Test:
    return lambda key: key.share(pattern.fullmatch) >= least


def _text(key: Key) -> bool:
    return key.types["str"] > 0 and not hosts(key)


def propose(name: str, address: str, shape: Shape, profile: Profile) -> str:
    """Return a declaration's text, with a comment on each guess."""
    guess = Proposer(profile)
    id_ = guess.find([r"^id$", r"^_?(object|record|work|artwork)?_?-?id$", r"id$", "number|nummer"],
                     lambda key: key.unique, least=0.9, keep=True)  # fmt: skip
    number = guess.find(
        ["accession|acno", r"inv(entory|entar)?[ _.-]*(no|num|nr)|inventar", r"object_?num|objectnumber|^number$",
         "identifier|number|nummer"], lambda key: key.unique or key.overflowed, least=0.8,
    )  # fmt: skip
    number = number if number.path else id_
    thumbnail = guess.find(["thumb|small|preview", "image|picture|photo|media|bild|billede", "url|iiif|src"],
                           lambda key: key.share(_PICTURE.match) >= 0.6, least=0.05)  # fmt: skip
    image = guess.find(["full|large|primary|original|image"], lambda key: key.share(_PICTURE.match) >= 0.6, least=0.05)
    page = guess.find(["url|link|page|permalink|web|uri"], lambda key: bool(hosts(key)) and key.unique, least=0.5)
    start = guess.find(["start|begin|earliest|from|first|min", r"^year$|_year$|jaar|jahr"], _has(_YEAR))
    end = guess.find(["end|latest|until|last|max"], _has(_YEAR))
    rights = guess.find(
        ["licen[cs]e", "public.?domain|copyright.?status|rights.?status", "rights|copyright"], least=0.05
    )
    makers = _makers(guess)
    period = guess.find(
        ["(creat|produc|made|object|work).*dat|dat.*(creat|produc|made)|dating|datering",
         "^(?!.*(acqui|modif|updat|birth|death)).*(date|period|created|year)"], _text,
    )  # fmt: skip
    medium = guess.find(["medium|technique|material|teknik|techniek"], _text)
    words = guess.find(["classification|object.?type|work.?type", "object.?name|category|genre|types?$|kind"],
                       lambda key: _text(key) and not key.overflowed)  # fmt: skip
    title = guess.find([r"^title$|^titel$", "title|titel", "^name$|label|caption"], _text)
    pictures = [profile.keys[each.path] for each in (thumbnail, image) if each.path]
    image_hosts = sorted({host for key in pictures for host in hosts(key)}) or [TODO]
    lines = [
        f"# Proposed from {profile.records:,} records. Every line is a guess: read the comments, then try it.",
        f"name = {_quoted(name)}", "", "[source]", f"kind = {_quoted(shape.kind)}",
        f"address = {_quoted(address)}",
        *([f"files = {_quoted(shape.files)}"] if shape.kind == "json-files" else []),
        *([f"records = {_quoted(shape.records)}"] if shape.records else []),
        *([f"format = {_quoted(shape.format)}"] if shape.format else []),
        *_line("id", id_),
        "# The hosts of the pictures' addresses. A picture from another host is not downloaded.",
        f"image_hosts = {json.dumps(image_hosts)}",
        "requests_per_second = 1.0", "", "[fields]",
        *_line("object_number", number), *_line("title", title, needed=False), *_line("period", period, needed=False),
        *_line("thumbnail_url", thumbnail), *_line("image_url", image, needed=False),
        *_line("source_url", page, needed=False), "",
        *_years(start, end, period), *makers, *_rights(rights, profile, urlsplit(address).netloc),
        *_types(words, medium, profile),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    # A JSON string is a basic string of TOML as well.
    return json.dumps(text, ensure_ascii=False)


def _line(key: str, guess: Guess, *, needed: bool = True) -> list[str]:
    if guess.path:
        return [f"# {guess.why}", f"{key} = {_quoted(guess.path)}"]
    if needed:
        return [f'# Nothing was found for this: name the key, such as {key} = "…".', f"{key} = {_quoted(TODO)}"]
    return [f"# Nothing was found for {key}."]


def _years(start: Guess, end: Guess, period: Guess) -> list[str]:
    lines = [*_line("start", start, needed=False), *_line("end", end if end.path else start, needed=False)]
    if period.path:
        lines += ["# Where the years above are missing, they are read from the text.", f"text = {_quoted(period.path)}"]
    return ["[years]", *lines, ""]


def _makers(guess: Proposer) -> list[str]:
    name = guess.find([_MAKERS], _text)
    within = [path for path in guess.profile.keys if "[]." in path and re.search(_MAKERS, path, re.IGNORECASE)]
    lists = {path.rpartition("[].")[0] for path in within}
    if lists:
        each = min(lists, key=len)
        inner = Proposer(Profile(guess.profile.records, 0, {
            path.removeprefix(f"{each}[]."): key for path, key in guess.profile.keys.items()
            if path.startswith(f"{each}[].")}))  # fmt: skip
        named = inner.find(["display_?name|full_?name|^name$", "name|^fc$|title|description"], _text, least=0.05)
        lines = ["[makers]", f"each = {_quoted(each)}", *_line("name", named)]
        for key, names in {"role": ["role|function"], "born": ["birth|born"], "died": ["death|died"]}.items():
            if (found := inner.find(names, least=0.02)).path:
                lines += _line(key, found)
                lines += _role_terms(inner.profile.keys[found.path]) if key == "role" else []
        if (life := inner.find(["date|life|dates|years"], _has(_LIFE, 0.3), least=0.02)).path:
            lines += [f"# {life.why}", f"died = {{ path = {_quoted(life.path)}, pattern = '(\\d{{4}})\\s{{0,9}}$' }}",
                      "alive = '^(?i:born|b\\.)'"]  # fmt: skip
        return [*lines, 'exclude_names = ["unknown"]', ""]
    if name.path:
        semicolons = guess.profile.keys[name.path].share(lambda value: ";" in value) > 0.01
        value = f'{{ path = {_quoted(name.path)}, split = ";" }}' if semicolons else _quoted(name.path)
        return ["[makers]", f"# {name.why}", f"name = {value}", 'exclude_names = ["unknown"]', ""]
    return ['# No makers were found: [makers] with name = "…" names them.', ""]


def _role_terms(key: Key) -> list[str]:
    stated = "; ".join(f"{value[:60]} ({count:,})" for value, count in key.values.most_common(100))
    return [
        f"# All its values: {stated}".replace("\n", " "),
        '# Those that made nothing, such as a publisher, belong into exclude_roles = ["…"]; those that say nothing,',
        "# such as artist, into plain_roles.",
    ]


def _rights(guess: Guess, profile: Profile, host: str) -> list[str]:
    if not guess.path:
        return [
            "[rights]",
            f"# No licence was found in the records. If {host or 'the museum'} licenses the whole collection, write",
            '# all = "CC0"; else `country` and `statement`: works whose makers are long dead.',
            f"all = {_quoted(TODO)}", "",
        ]  # fmt: skip
    values = profile.keys[guess.path].values
    if profile.keys[guess.path].share(_CLAIM.search) > 0.5:
        return [
            "[rights]", f"# A claim: {guess.why}", f"notice = {_quoted(guess.path)}",
            "# A work without one is shown when its makers have been dead for the term of this country, such as GB,",
            "# and works of makers without dates when made by then.",
            f"country = {_quoted(TODO)}", "# made_by = 1850",
            'statement = "public domain"', "",
        ]  # fmt: skip
    open_ones = [value for value, _ in values.most_common(50) if known_licence(value) in FREE or _OPEN.search(value)]
    stated = "; ".join(f"{value[:60]} ({count:,})" for value, count in values.most_common(8))
    return [
        "[rights]", f"# All its values: {stated}".replace("\n", " "), f"licence = {_quoted(guess.path)}",
        "# Only those that allow a work to be shown by everybody.",
        f"open = {json.dumps(open_ones or [TODO], ensure_ascii=False)}", "",
    ]  # fmt: skip


def _types(words: Guess, medium: Guess, profile: Profile) -> list[str]:
    if not words.path:
        return ["[types]", "# Nothing was found: name the key of the classification.", f'words = ["{TODO}"]']
    lines = ["[types]", f"# {words.why}",
             f"words = [{', '.join(_quoted(path) for path in (words.path, medium.path) if path)}]"]  # fmt: skip
    if medium.path:
        lines += [f"# {medium.why}", f"medium = {_quoted(medium.path)}",
                  "# Photographs are no prints in the sense of the other museums.",
                  r"exclude_medium = '(?i:\bphoto)'"]  # fmt: skip
    lines += ["", "# By frequency. What stands behind # is out of scope until it is given a type.", "[types.classes]"]
    seen: set[str] = set()
    for term, count in profile.keys[words.path].values.most_common(MOST_CLASSES):
        if term.casefold() in seen:
            continue
        seen.add(term.casefold())
        found = list(standardise((term,))) or types_in(term)
        mark, value = ("", found) if found and not re.search("photo", term, re.IGNORECASE) else ("# ", [])
        told = json.dumps(value)
        if len(value) > 1 and medium.path:  # "drawings and watercolors" is a group: the medium says which a work is
            told = f"{{ medium = {told}, otherwise = {json.dumps(value[:1])} }}"
        lines.append(f"{mark}{_quoted(term)} = {told}  # {count:,}")
    return lines
