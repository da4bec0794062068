"""Nationalities and countries, as one: a museum says Danish, dansk or deens, an authority says Denmark."""

from __future__ import annotations

from functools import cache

from museum_assets.enrichment.authority.likeness import words

COUNTRIES = """
Austria: austrian østrigsk oostenrijks
Belgium: belgian flemish belgisk flamsk vlaams belgisch
China: chinese kinesisk chinees
Czech Republic: czech bohemian tjekkisk tsjechisch
Denmark: danish dansk deens
Finland: finnish finsk fins
France: french fransk frans
Germany: prussia prussian german tysk duits
Greece: greek græsk grieks
Hungary: hungarian ungarsk hongaars
India: indian indisk indiaas
Ireland: irish irsk iers
Italy: venice venetian italian italiensk italiaans
Japan: japanese japansk japans
Mexico: mexican mexicansk mexicaans
Netherlands: holland dutch hollandsk nederlandsk nederlands hollands
Norway: norwegian norsk noors
Poland: polish polsk pools
Portugal: portuguese portugisisk portugees
Russia: russian russisk russisch
Spain: spanish spansk spaans
Sweden: swedish svensk zweeds
Switzerland: swiss schweizisk zwitsers
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
