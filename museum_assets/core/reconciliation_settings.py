"""The settings of the authority that makers, places and subjects are matched to."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings

from museum_assets.core.addresses import WebAddress

PROPERTIES = "birth=P569,death=P570,nationality=P27,label_en=Len,label_da=Lda,label_nl=Lnl"
"""Those of Wikidata's service."""
PLACE_PROPERTIES = "coordinates=P625,country=P17,label_en=Len,label_da=Lda,label_nl=Lnl"
_ID = r"=[A-Za-z0-9:_./-]+"
_PAIR = rf"(birth|death|nationality|label_(en|da|nl)){_ID}"
_PLACE_PAIR = rf"(coordinates|country|label_(en|da|nl)){_ID}"


class ReconciliationSettings(BaseSettings):
    """Which authority is asked, how, and when its answer counts."""

    reconciliation_url: WebAddress | None = Field(
        None,
        description="Reconciliation Service that makers are matched to, such as "
        "https://wikidata-reconciliation.wmcloud.org/en/api; unset: none is asked.",
    )
    reconciliation_authority: str = Field(
        "wikidata",
        pattern=r"^[a-z][a-z0-9_-]{0,30}$",
        description="Name of its identities: wikidata, ulan, viaf, gnd or rkd, or one of your own. Answers are kept "
        "under it, so that a mirror at another address is not asked the same again.",
    )
    reconciliation_type: str | None = Field(
        None, description="Type that candidates must have there, such as Q5 for Wikidata's people; unset: any."
    )
    reconciliation_properties: str = Field(
        PROPERTIES,
        pattern=rf"^{_PAIR}(,{_PAIR})*$",
        description="What that service calls a maker's years, nationality, and labels in English, Danish and Dutch.",
    )
    reconciliation_place_type: str | None = Field(
        None, description="Type that places must have there, such as Q486972 for Wikidata's settlements; unset: any."
    )
    reconciliation_place_properties: str = Field(
        PLACE_PROPERTIES,
        pattern=rf"^{_PLACE_PAIR}(,{_PLACE_PAIR})*$",
        description="What that service calls a place's coordinates and country, and its labels.",
    )
    reconciliation_subject_type: str | None = Field(
        None, description="Type that subjects must have there; unset: any. Wikidata has no type for all of them."
    )
    reconciliation_batch: int = Field(10, ge=1, le=500, description="Names asked for with one request.")
    reconciliation_per_second: float = Field(
        1.0, gt=0, le=1000, description="Requests per second that all runs together send to it."
    )
    reconciliation_threshold: float = Field(
        0.85,
        ge=0.5,
        le=1,
        description="Score from 0 to 1 from which on a candidate is the maker; below it, it is a question to a person. "
        "A name alone, however alike, comes to 0.75.",
    )

    @property
    def properties_asked(self) -> dict[str, str]:
        """What each property is called at the service, by its name here."""
        return _pairs(self.reconciliation_properties)

    @property
    def place_properties_asked(self) -> dict[str, str]:
        """What each property of a place is called at the service, by its name here."""
        return _pairs(self.reconciliation_place_properties)

    @property
    def labels_asked(self) -> dict[str, str]:
        """What labels are called at the service: all that is asked for of a subject."""
        return {name: pid for name, pid in self.properties_asked.items() if name.startswith("label_")}


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in text.split(","))
