"""What a declaration says of single fields: where a text stands and what is made of it."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from museum_assets.museums.declared.patterns import bounded

Pattern = Annotated[str, AfterValidator(bounded)]
_STEP = r"[^\[\]]+(\[([^\[\]=]+=[^\[\]]+)?\])?"
Path = Annotated[str, Field(pattern=rf"^{_STEP}(\.{_STEP})*$")]
"""Keys with dots between them; `[]` behind one that holds a list of objects, `[name=places]` for those of them whose
`name` is places, `[name!=places]` for the others; `\\.` for a dot within a key."""


class Part(BaseModel):
    """A table of a declaration: closed, and without conversions."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Text(Part):
    """A text, or several, of a record. In short: a path, or a list of which the first with a value counts."""

    path: Path | None = None
    """Where it stands: `title`, `images.web.url`, `makers[].name`. Several texts at a path are several values."""
    first: list[Spec] = []
    """In place of `path`: the first of these that has a value."""
    languages: list[str] = []
    """Which language goes first, such as ["en", "da"]; needs `language`."""
    language: str | None = None
    """The key beside the last one of `path` that names the text's language."""
    split: str | None = Field(None, min_length=1)
    """What stands between several values in one text, such as ";"."""
    pattern: Pattern | None = None
    """Keeps what its first group matches, or all that it matches; a text that it does not match is no value."""
    drop: list[str] = []
    """Texts that mean no value, such as "unknown", in any case."""
    template: str | None = Field(None, pattern=r"\{\}")
    """An address with {} for the value, which is quoted. A value that is an address is left as it is."""

    @model_validator(mode="after")
    def one_place(self) -> Self:
        """Refuse a text without a place or with two."""
        if (self.path is None) == (not self.first):
            raise ValueError("give `path` or `first`, one of them")
        if self.languages and not self.language:
            raise ValueError("`languages` needs `language`, the key that names a text's language")
        return self


def _in_full(value: Any) -> Any:
    if isinstance(value, str):
        return {"path": value}
    return {"first": value} if isinstance(value, list) else value


Spec = Annotated[Text, BeforeValidator(_in_full)]
"""A `Text`, in short or in full."""
Text.model_rebuild()
