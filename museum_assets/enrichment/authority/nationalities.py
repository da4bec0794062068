"""Nationalities and countries, as one: a museum says Danish, dansk or deens, an authority says Denmark."""

from __future__ import annotations

from functools import cache

from museum_assets.enrichment.authority.likeness import words

COUNTRIES = """
Austria: østrig oostenrijk österreich austrian østrigsk oostenrijks
Belgium: belgien belgië belgian flemish belgisk flamsk vlaams belgisch
China: chinese kinesisk chinees
Czech Republic: czech bohemian tjekkisk tsjechisch
Denmark: danmark denemarken dänemark danish dansk deens
Finland: finnish finsk fins
France: frankrig frankrijk frankreich french fransk frans
Germany: tyskland duitsland deutschland prussia prussian german tysk duits
Greece: grækenland griekenland greek græsk grieks
Hungary: hungarian ungarsk hongaars
India: indian indisk indiaas
Ireland: irish irsk iers
Italy: italien italië venice venetian italian italiensk italiaans
Japan: japanese japansk japans
Mexico: mexican mexicansk mexicaans
Netherlands: nederlandene nederland niederlande holland dutch hollandsk nederlandsk nederlands hollands
Norway: norge noorwegen norwegian norsk noors
Poland: polen polish polsk pools
Portugal: portuguese portugisisk portugees
Russia: rusland russland russian russisk russisch
Spain: spanien spanje spanish spansk spaans
Sweden: sverige zweden schweden swedish svensk zweeds
Switzerland: schweiz zwitserland swiss schweizisk zwitsers
United Kingdom: storbritannien
United Kingdom: britain england scotland wales british english scottish welsh britisk engelsk skotsk brits engels schots
United States: american amerikansk amerikaans usa
"""


@cache
def country(nationality: str) -> str | None:
    """Return the country of a nationality or of a country's name, in English; None for what is neither, or several."""
    said = " ".join(words(nationality))
    found = {name for phrase, name in _phrases().items() if f" {phrase} " in f" {said} "}
    return found.pop() if len(found) == 1 else None


@cache
def _phrases() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in COUNTRIES.strip().splitlines():
        name, _, nationalities = line.partition(":")
        found |= {" ".join(words(each)): name for each in (name, *nationalities.split())}
    return found
