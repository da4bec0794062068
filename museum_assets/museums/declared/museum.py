"""A declared museum: what its declaration says, as the platform knows museums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import orjson

from museum_assets.core.failures import Rejected
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.declared.beside import materials_of, places_of, subjects_of
from museum_assets.museums.declared.fields import Text
from museum_assets.museums.declared.getters import many, one
from museum_assets.museums.declared.load import load
from museum_assets.museums.declared.makers import makers_of
from museum_assets.museums.declared.reading import address, check_of, types_of, years_of
from museum_assets.museums.declared.schema import Declaration, Source
from museum_assets.museums.museum import Api, Json, Leg, Museum, Page
from museum_assets.museums.reading import build_artwork, distinct, lacking

DUMPS = {"json-files", "json", "json-lines", "csv"}
"""The kinds of source that are one file."""
FORMATS = {"oai_dc": "dc", "edm": "edm_fields", "lido": "lido"}
"""The modules of `museum_assets.museums.declared` that make a record's XML into fields."""


class DeclaredMuseum(Museum):
    """A museum with a declaration. `declared_museum` makes one; it holds no state but what it was made of."""

    declaration: ClassVar[Declaration]
    file: ClassVar[Path]

    def __init__(self) -> None:
        told = self.declaration
        self._id = one(Text(path=told.source.id))
        self._fields = {name: one(getattr(told.fields, name)) for name in ("object_number", "title", "period")}
        self._addresses = {name: address(getattr(told.fields, name))
                           for name in ("thumbnail_url", "image_url", "source_url")}  # fmt: skip
        self._years, self._makers = years_of(told.years), makers_of(told.makers)
        self._places, self._materials = places_of(told.places), materials_of(told.materials)
        self._subjects = subjects_of(told.subjects)
        self._otherwise = one(told.makers.otherwise) if told.makers else one(None)
        self._rights, self._types = check_of(told.rights), types_of(told.types)
        self._shaped = _format(told)

    def harvest(
        self,
        api: Api,
        *,
        checkpoint: dict[str, Json] | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Page]:
        """Walk the declared source."""
        from museum_assets.museums.declared.harvest import harvest

        return harvest(self.slug, self.declaration.source, api, checkpoint=checkpoint, since=since, limit=limit)

    def beginnings(self) -> Sequence[dict[str, Json]]:
        """Return where each scope of a JSON API or of OAI-PMH begins; nobody counts in advance what others hold."""
        from museum_assets.museums.declared.harvest import beginnings

        return beginnings(self.slug, self.declaration.source)

    def legs(self, api: Api) -> Iterator[Leg]:
        """Yield the parts of a full harvest. A IIIF Collection is known by its lists."""
        if self.declaration.source.kind == "iiif":
            yield from import_module("museum_assets.museums.declared.iiif").legs(api)
        else:
            yield from super().legs(api)

    def read(self, payload: dict[str, Json]) -> Artwork:
        """Map one record as declared. Raises Rejected."""
        return build_artwork(**self.fields(payload))

    def judge(self, payload: dict[str, Json]) -> Artwork | list[Rejected]:
        """Return the artwork, or every reason for which there is none, of which `read` tells the first."""
        found: list[Rejected] = []
        try:
            fields = self.fields(payload, found)
            found += lacking(fields)
            if not found:
                return build_artwork(**fields)
        except Rejected as rejection:
            # Its traceback leads to this list: 28,000 such circles were 100 MB, and cost a try a tenth of its time.
            found.append(rejection.with_traceback(None))
        return found

    def terms(self, payload: dict[str, Json]) -> Sequence[str]:
        """Return the record's classification; where that has a meaning, the medium decided, and stands behind it."""
        told, record = self.declaration.types, self._shaped(payload)
        known = {name.casefold() for name in told.classes}
        found = many(told.classification or told.words[0])(record) or ("(none)",)
        medium = one(told.medium)(record)
        return [f"{name}: {medium}" if name.casefold() in known and medium else name for name in found]

    def fields(self, payload: dict[str, Json], closed: list[Rejected] | None = None) -> dict[str, Any]:
        """Return the artwork's fields, of which some may be missing.

        Raises Rejected for what is not free, unless it is to be added to `closed`.
        """
        record = self._shaped(payload)
        years, makers = self._years(record), self._makers(record)
        try:
            rights = self._rights(record, makers, years)
        except Rejected as rejection:
            if closed is None:
                raise
            closed.append(rejection.with_traceback(None))
            rights = None
        own_words, searchable = self._types(record)
        artists = distinct([maker.name for maker in makers])
        return {
            "museum": self.slug,
            "museum_db_id": self._id(record),
            **{name: found(record) for name, found in self._fields.items()},
            "artists": artists or distinct([self._otherwise(record)]),
            "makers": tuple([maker.said for maker in makers if maker.said]),
            "places": self._places(record),
            "materials": self._materials(record),
            "subjects": self._subjects(record),
            "production_date_start": years[0],
            "production_date_end": years[1],
            "work_types": own_words,
            "searchable_work_types": searchable,
            **{name: found(record) for name, found in self._addresses.items()},
            "rights": rights,
        }

    @property
    def place(self) -> str:
        """Return the declaration's file."""
        return str(self.file)

    def definition(self) -> bytes:
        """Return how records are read; where they are and how fast they are asked for changes none of them."""
        told = self.declaration.model_dump(mode="json", exclude_defaults=True)
        source = {key: told["source"][key] for key in ("id", "format") if key in told["source"]}
        return orjson.dumps({**told, "source": source}, option=orjson.OPT_SORT_KEYS)

    def reads_with(self) -> Sequence[str]:
        """Return this module, and the one that reads the declared format."""
        shape = _shape(self.declaration.source)
        return (__name__, f"museum_assets.museums.declared.{shape}") if shape else (__name__,)


def declared_museum(slug: str, file: Path) -> DeclaredMuseum:
    """Return the museum that a file declares. Raises DeclarationError."""
    return museum_of(slug, load(file), file)


def museum_of(slug: str, declaration: Declaration, file: Path) -> DeclaredMuseum:
    """Return the museum of a declaration."""
    source = declaration.source
    told: dict[str, Any] = {
        "slug": slug,
        "name": declaration.name,
        "api_base": source.address.rstrip("/"),
        "image_hosts": tuple(source.image_hosts),
        "requests_per_second": source.requests_per_second,
        "volatile_keys": frozenset(source.volatile) | ({"datestamp"} if source.kind == "oai-pmh" else set()),
        "incremental": source.kind == "oai-pmh" or bool(source.listing and source.listing.since),
        "dump_only": source.kind in DUMPS,
        "dump_hosts": tuple(source.download_hosts),
        "yearly": declaration.rights.term is not None,
        "declaration": declaration,
        "file": file,
        "__doc__": f"{declaration.name}, as {file.name} declares it.",
        "__module__": __name__,
    }
    made: DeclaredMuseum = type(f"Declared_{slug}", (DeclaredMuseum,), told)()
    return made


def _shape(source: Source) -> str | None:
    """Return the module that makes a payload into fields, None where it has them."""
    if source.kind == "iiif":
        return "iiif"
    return FORMATS[source.format] if source.format else None


def _format(told: Declaration) -> Any:
    """Return what makes a payload into the record that paths start in: itself, but for XML."""
    shape = _shape(told.source)
    if shape is None:
        return lambda payload: payload
    fields = import_module(f"museum_assets.museums.declared.{shape}").fields

    def shaped(payload: dict[str, Json]) -> dict[str, Any]:
        found: dict[str, Any] = fields(payload)
        if not found:
            raise Rejected("malformed_record", f"the record holds nothing of {shape}")
        return found

    return shaped
