"""The schema of a declaration. Every table is closed; docs/museums.md explains each of them with an example."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from museum_assets.core.addresses import host_of, web_address
from museum_assets.museums.copyright_terms import copyright_terms
from museum_assets.museums.declared.beside import Materials, Places, Subjects
from museum_assets.museums.declared.fields import Part, Path, Pattern, Spec
from museum_assets.museums.mediums import MEDIUMS
from museum_assets.museums.work_types import SEARCHABLE

Kind = Literal["json-files", "json", "json-lines", "csv", "json-api", "oai-pmh", "iiif"]


class Listing(Part):
    """How a JSON API is paged by offset; parameters are named as the API names them."""

    path: str
    parameters: dict[str, str | int] = Field({})
    """Sent with every request, such as `{ has_image = 1 }`."""
    scope: str | None = None
    """The parameter that takes one of `scopes`."""
    scopes: list[str] = Field([])
    """What is walked one after the other, such as work types; unset: the whole listing at once."""
    offset: str
    limit: str
    page: int = Field(100, ge=1, le=10_000)
    """Records of a request."""
    entries: Path
    """Where an answer holds its records."""
    total: Path
    """Where an answer says how many there are in all."""
    since: str | None = None
    """The parameter that takes a day, and asks for what changed since."""

    @model_validator(mode="after")
    def scope_with_scopes(self) -> Self:
        """Refuse one without the other."""
        if bool(self.scope) != bool(self.scopes):
            raise ValueError("`scope` and `scopes` belong together")
        return self


class Source(Part):
    """Where the records are."""

    kind: Kind
    address: str
    """Of the dump, or of the API without a trailing slash; MUSEUM_API_<SLUG> replaces it."""
    id: Path = "id"
    """The museum's own id of a record. OAI-PMH and IIIF have one of their own."""
    image_hosts: list[str] = Field(min_length=1)
    """Hosts that pictures may be downloaded from."""
    download_hosts: list[str] = Field([])
    """Hosts that a dump's address redirects to."""
    requests_per_second: float = Field(1.0, gt=0, le=20)
    """The fastest pace that is polite."""
    volatile: list[str] = Field([])
    """Keys that change without the record changing; without a dot."""
    files: str = "**/*.json"
    """json-files: which files of the archive are records."""
    records: Path | None = None
    """json: the key of the list of records; unset: the document is the list."""
    listing: Listing | None = None
    """json-api: how it is paged."""
    format: Literal["oai_dc", "edm", "lido"] | None = None
    """oai-pmh: the shape of a record's metadata."""
    prefix: str | None = None
    """oai-pmh: the metadataPrefix, where it is not the name of the format."""
    sets: list[str] = Field([])
    """oai-pmh: the sets that are walked; unset: everything at once."""

    @field_validator("address")
    @classmethod
    def an_address(cls, url: str) -> str:
        """Check the address, which must hold no secret."""
        return web_address(url, file=True, query=True)

    @field_validator("image_hosts", "download_hosts")
    @classmethod
    def hosts(cls, names: list[str]) -> list[str]:
        """Refuse an address where a host's name is meant."""
        for name in names:
            if host_of(f"https://{name}") != name:
                raise ValueError(f"{name!r} is no host, such as images.example.org")
        return names

    @model_validator(mode="after")
    def of_its_kind(self) -> Self:
        """Refuse what another kind of source needs, and what is missing for this one."""
        needed = {"json-api": {"listing"}, "oai-pmh": {"format"}}.get(self.kind, set())
        if missing := sorted(name for name in needed if getattr(self, name) is None):
            raise ValueError(f"a source of kind {self.kind} needs `{missing[0]}`")
        belong = {"files": "json-files", "records": "json", "listing": "json-api", "format": "oai-pmh",
                  "prefix": "oai-pmh", "sets": "oai-pmh"}  # fmt: skip
        for name in self.model_fields_set & belong.keys():
            if belong[name] != self.kind:
                raise ValueError(f"`{name}` is for a source of kind {belong[name]}, and this one is {self.kind}")
        return self


class Fields(Part):
    """The fields that are one text each."""

    object_number: Spec
    title: Spec | None = None
    period: Spec | None = None
    """The date as the museum writes it."""
    thumbnail_url: Spec
    """The address of a picture of 400 to 2,000 pixels."""
    image_url: Spec | None = None
    source_url: Spec | None = None
    """The work's page at the museum."""


class Years(Part):
    """When a work was made. What `start` and `end` do not say, `text` may."""

    start: Path | None = None
    end: Path | None = None
    text: Spec | None = None
    """A text that years are read from: "c. 1640-50", "500 BC"."""
    era: Spec | None = None
    """A text that says BC, where the years themselves have no sign."""


class Makers(Part):
    """Who made it."""

    each: Path | None = None
    """A list of objects, one for each maker; the paths below start in it."""
    name: Spec
    role: Spec | None = None
    """Written before the name ("after Rembrandt"), but for `plain_roles`."""
    plain_roles: list[str] = Field(["artist"])
    roles_in_names: bool = True
    """Whether other roles are written before the name at all."""
    qualifier: Spec | None = None
    """What sets a work apart from its maker ("workshop of"), where it is neither in the role nor in the name."""
    exclude_roles: list[str] = Field([])
    """Roles of those who are no makers, such as publisher; `*` at the end of one stands for any more letters."""
    exclude_names: list[str] = Field([])
    """Names that are none, in any case, besides those of unknown_artists.csv; `*` as in `exclude_roles`."""
    born: Spec | None = None
    died: Spec | None = None
    """The year of death, or a text whose pattern finds it."""
    alive: Pattern | None = None
    """A `died` that it matches is no year of death, such as "born 1929"."""
    dates: Spec | None = None
    """When the maker lived, as the museum writes it."""
    nationality: Spec | None = None
    id: Spec | None = None
    """The museum's own id of the maker."""
    links: list[Spec] = Field([])
    """Addresses of the maker at authorities such as ULAN and Wikidata."""
    otherwise: Spec | None = None
    """What stands in where no maker is named, such as a culture."""

    @field_validator("exclude_roles", "exclude_names")
    @classmethod
    def ends_in_a_star(cls, names: list[str]) -> list[str]:
        """Refuse a star that would match nothing, or everything."""
        for name in names:
            if "*" in name.removesuffix("*") or name == "*":
                raise ValueError(f"{name!r}: a * stands at the end of a name, with letters before it")
        return names

    @model_validator(mode="after")
    def of_each(self) -> Self:
        """Refuse what can only be said of makers one by one."""
        if self.each is None:
            for name in ("role", "qualifier", "born", "died", "dates", "nationality", "id", "links"):
                if getattr(self, name):
                    raise ValueError(f"`{name}` needs `each`, the list of makers")
        return self


class Rights(Part):
    """Why a work may be shown. What is not shown to be free is rejected as `not_public_domain`."""

    all: str | None = None
    """The licence of the whole collection."""
    licence: Spec | None = None
    """The licence of a record."""
    open: list[str] = Field(["CC0", "PDM"])
    """Open licences: names of museum_assets/museums/rights.py, which know their addresses, or the museum's words."""
    notice: Spec | None = None
    """A text that is there says that somebody has the copyright."""
    dead_for: int | None = Field(None, ge=1, le=200)
    """Whole years since all makers died; without a licence, a work is then free."""
    country: str | None = None
    """In place of `dead_for`: the country whose term counts, such as GB."""
    made_by: int | None = None
    """A work without known makers, or by makers of whom nothing is known, is free when made by then."""
    statement: str | None = None
    """What an artwork says where its record has no licence."""

    @field_validator("country")
    @classmethod
    def a_known_country(cls, code: str | None) -> str | None:
        """Refuse a country whose term is not known."""
        if code is not None and code not in copyright_terms():
            raise ValueError(
                f"no term is known for {code!r}: choose from {', '.join(copyright_terms())}, or give `dead_for`"
            )
        return code

    @property
    def term(self) -> int | None:
        """Return the years after a maker's death, None when they do not count."""
        return self.dead_for or (copyright_terms()[self.country] if self.country else None)

    @model_validator(mode="after")
    def some_reason(self) -> Self:
        """Refuse rights by which nothing would ever be free, or everything without a word."""
        if not (self.all or self.licence or self.term):
            raise ValueError("give `licence`, `all`, `dead_for` or `country`: else no work may be shown")
        if self.term and not self.statement:
            raise ValueError("`dead_for` and `country` need `statement`: what the artwork says of its rights")
        return self


def _types(names: list[str], known: tuple[str, ...]) -> list[str]:
    for name in names:
        if name not in known:
            raise ValueError(f"{name!r} is no work type here: choose from {', '.join(known)}")
    return names


class WorkClass(Part):
    """What one classification means. In short: a work type, or a list of them, for `always`."""

    always: list[str] = Field([])
    medium: list[str] = Field([])
    """Types that it has when the medium says so."""
    otherwise: list[str] = Field([])
    """Types that it has when nothing above gave one."""

    @field_validator("always", "otherwise")
    @classmethod
    def searchable(cls, names: list[str]) -> list[str]:
        """Refuse another word than the searchable work types."""
        return _types(names, SEARCHABLE)

    @field_validator("medium")
    @classmethod
    def in_media(cls, names: list[str]) -> list[str]:
        """Refuse a type that no medium tells."""
        return _types(names, tuple(MEDIUMS))


def _class_in_full(value: Any) -> Any:
    if isinstance(value, str):
        return {"always": [value]}
    return {"always": value} if isinstance(value, list) else value


class Types(Part):
    """What kind of work it is. Without `classes` the words are understood as work_types.csv translates them."""

    words: list[Spec] = Field(min_length=1)
    """The museum's own words for it, all of which an artwork keeps."""
    classification: Spec | None = None
    """The text that decides; unset: the first of `words`."""
    medium: Spec | None = None
    exclude_medium: Pattern | None = None
    """A medium that it matches is out of scope, such as a photograph's."""
    classes: dict[str, Annotated[WorkClass, BeforeValidator(_class_in_full)]] = Field({})
    """By classification, in any case; one that is not here is out of scope."""


class Declaration(Part):
    """A declared museum."""

    name: str = Field(min_length=1)
    source: Source
    fields: Fields
    years: Years = Years()
    makers: Makers | None = None
    places: list[Places] = Field([])
    materials: list[Materials] = Field([])
    subjects: list[Subjects] = Field([])
    rights: Rights
    types: Types
