"""How a collection of the vector index lies on its Qdrant server, as one setting of JSON says it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError, from_json
from pydantic_settings import NoDecode

EXAMPLE = '{"shards": 6, "replicas": 2, "quantization": "int8"}'


class CollectionLayout(BaseModel):
    """What is asked of a collection; what is not given is left as Qdrant has it. `docs/scale.md` says what each costs.

    `shards` counts when the collection is made and never again. `hnsw_ef` and `oversampling` are of each search.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    shards: int | None = Field(None, ge=1, description="Parts of the collection, spread over a cluster's nodes.")
    replicas: int | None = Field(None, ge=1, description="Copies of each shard, on different nodes.")
    write_consistency: int | None = Field(None, ge=1, description="Copies that must confirm a write.")
    on_disk: bool | None = Field(None, description="Whether vectors are read from the disk, not held in memory.")
    quantization: Literal["int8", "none"] | None = Field(
        None, description="int8: each number also as one byte, in memory; the best hits are ranked by the whole ones."
    )
    oversampling: float | None = Field(None, ge=1, description="Hits that are ranked again, per hit asked for.")
    m: int | None = Field(None, ge=0, description="Edges of each point in the graph; Qdrant's own is 16.")
    ef_construct: int | None = Field(None, ge=4, description="Candidates when the graph is built; Qdrant's own is 100.")
    hnsw_ef: int | None = Field(None, ge=1, description="Candidates of a search; more find more, and take longer.")

    @model_validator(mode="after")
    def sensible(self) -> Self:
        """Refuse what would do nothing, and what would refuse every write."""
        if self.oversampling is not None and self.quantization != "int8":
            raise PydanticCustomError("layout", 'oversampling needs "quantization": "int8"')
        if self.write_consistency is not None and self.write_consistency > (self.replicas or 1):
            raise PydanticCustomError("layout", "write_consistency must not be more than replicas")
        return self

    def __str__(self) -> str:
        return self.model_dump_json(exclude_none=True)


def _read(given: Any) -> Any:
    """Read the setting's JSON; pydantic-settings' own complaint about it would name neither setting nor remedy."""
    if not isinstance(given, str):
        return given
    try:
        return CollectionLayout.model_validate(from_json(given))
    except ValidationError as error:
        told = "; ".join(_told(item) for item in error.errors(include_input=False, include_url=False))
    except ValueError as error:
        told = f"no JSON ({error})"
    raise PydanticCustomError("layout", "{told}. Give JSON such as {example}", {"told": told, "example": EXAMPLE})


def _told(item: Any) -> str:
    name = ".".join(map(str, item["loc"]))
    if item["type"] == "extra_forbidden":
        return f"{name} is none of {', '.join(CollectionLayout.model_fields)}"
    return f"{name}: {item['msg']}" if name else str(item["msg"])


LayoutSetting = Annotated[CollectionLayout | None, NoDecode, BeforeValidator(_read)]
"""A setting whose value is the JSON of a layout."""
