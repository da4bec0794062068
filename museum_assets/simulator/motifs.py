"""What the synthetic works show, as museums catalogue it: motifs with their names, and who is portrayed."""

from __future__ import annotations

from dataclasses import dataclass

from museum_assets.simulator.scenes import PORTRAITS
from museum_assets.simulator.works import ARTISTS, Artist, SimulatedWork


@dataclass(frozen=True, slots=True)
class Motif:
    """A motif: its names in English, Danish and Dutch, where Tate files it, and what museums link it to."""

    names: tuple[str, str, str]
    branch: tuple[str, str]
    aat: str | None = None
    """Numbers that recorded tags of MET have; it has them for nearly all tags."""
    iconclass: str | None = None

    @property
    def number(self) -> int:
        """Its place in the list: museums and the authority count their own numbers from it."""
        return tuple(MOTIFS.values()).index(self)

    @property
    def entry(self) -> str:
        """Its id at the made-up authority."""
        return f"Q{3_000 + self.number}"


_MAMMALS, _SEASONS = ("nature", "animals: mammals"), ("nature", "seasons")
_TIMES, _WEATHER = ("nature", "times of the day"), ("nature", "weather")
MOTIFS = {
    "ship": Motif(("Ships", "Skibe", "Schepen"), ("society", "transport: water"), iconclass="46C24"),
    "woman": Motif(("Women", "Kvinder", "Vrouwen"), ("people", "adults")),
    "man": Motif(("Men", "Mænd", "Mannen"), ("people", "adults"), "300025928"),
    "still_life": Motif(("Fruit", "Frugt", "Fruit"), ("objects", "food and drink"), iconclass="25G21"),
    "flowers": Motif(("Flowers", "Blomster", "Bloemen"), ("nature", "plants and flowers"), "300132399", "25G41"),
    "trees": Motif(("Trees", "Træer", "Bomen"), ("nature", "trees"), iconclass="25G3"),
    "mountains": Motif(("Mountains", "Bjerge", "Bergen"), ("nature", "landscape"), iconclass="25H11"),
    "street": Motif(("Streets", "Gader", "Straten"), ("architecture", "townscapes, man-made features")),
    "church": Motif(("Churches", "Kirker", "Kerken"), ("architecture", "religious")),
    "horse": Motif(("Horses", "Heste", "Paarden"), _MAMMALS, "300250148"),
    "cow": Motif(("Cattle", "Kvæg", "Vee"), _MAMMALS),
    "dog": Motif(("Dogs", "Hunde", "Honden"), _MAMMALS, "300265714", "34B11"),
    "bird": Motif(("Birds", "Fugle", "Vogels"), ("nature", "animals: birds"), iconclass="25F3"),
    "cat": Motif(("Cats", "Katte", "Katten"), _MAMMALS, iconclass="34B12"),
    "portrait": Motif(("Portraits", "Portrætter", "Portretten"), ("people", "portraits"), "300015637"),
    "evening": Motif(("Evening", "Aften", "Avond"), _TIMES),
    "night": Motif(("Night", "Nat", "Nacht"), _TIMES),
    "storm": Motif(("Storms", "Storme", "Stormen"), _WEATHER),
    "rain": Motif(("Rain", "Regn", "Regen"), _WEATHER),
    "spring": Motif(("Spring", "Forår", "Lente"), _SEASONS),
    "summer": Motif(("Summer", "Sommer", "Zomer"), _SEASONS),
    "autumn": Motif(("Autumn", "Efterår", "Herfst"), _SEASONS),
    "winter": Motif(("Winter", "Vinter", "Winter"), _SEASONS),
}
"""By the words of scenes. Their order is the order of numbers: a new one goes to the end."""


def shown_in(work: SimulatedWork) -> tuple[Motif, ...]:
    """Return what is catalogued of a work's scene, nothing for the quarter of the works that nobody has looked at."""
    if not work.pick(41, 4):
        return ()
    scene = work.scene
    portrait = "portrait" if scene.subject in PORTRAITS else None
    words = (scene.subject, portrait, scene.weather, scene.time, scene.season)
    return tuple(MOTIFS[word] for word in words if word in MOTIFS)


def portrayed(work: SimulatedWork) -> Artist | None:
    """Return who a portrait shows, None for most portraits: of their sitters no name has come down."""
    known = work.scene.subject in PORTRAITS and not work.pick(42, 3)
    return ARTISTS[work.pick(43, len(ARTISTS))] if known else None


def content_person(work: SimulatedWork) -> dict[str, list[str]]:
    """Return who is portrayed as SMK writes it, nothing for most works."""
    sitter = portrayed(work)
    return {"content_person": [sitter.inverted]} if sitter else {}
