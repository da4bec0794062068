"""Ships, trees, mountains, streets and churches."""

from __future__ import annotations

from museum_assets.simulator.drawing.nature import GROUND, ground, meadow, sky, tree, weather
from museum_assets.simulator.drawing.pen import WHITE, Colour, Pen, mixed

SAILS: dict[str | None, Colour] = {"red": (206, 38, 30), "white": (250, 248, 240), None: (226, 214, 186)}
BRICKS: tuple[Colour, ...] = ((178, 84, 58), (206, 160, 106), (150, 110, 86), (216, 200, 172), (140, 60, 50))


def ship(pen: Pen) -> None:
    """One to three ships on a calm sea or between high waves."""
    scene, dice, line = pen.scene, pen.dice, 0.6
    storm = scene.weather == "storm"
    sky(pen, line)
    ground(pen, (52, 74, 88) if storm else (48, 112, 164), line)
    count = dice.choice((1, 1, 2, 3))
    sizes = {1: ((0.5, 0.82, 1.0),), 2: ((0.33, 0.84, 0.8), (0.76, 0.72, 0.55)),
             3: ((0.5, 0.86, 0.8), (0.16, 0.7, 0.42), (0.84, 0.7, 0.45))}[count]  # fmt: skip
    if not storm:
        for _ in range(22):
            x, y = dice.uniform(pen.west, pen.east), dice.uniform(line + 0.03, pen.south)
            pen.stroke([(x, y), (x + dice.uniform(0.05, 0.16), y)], (150, 196, 224), 0.005)
    for x, foot, size in sorted(sizes, key=lambda one: one[1]):
        _ship(pen, x, foot, size, lean=dice.choice((-0.22, 0.22)) if storm else 0.0)
        if storm:
            _waves(pen, foot - 0.03 * size, 0.075)
    if storm:
        _waves(pen, 0.9, 0.09)
    weather(pen)


def _ship(pen: Pen, x: float, foot: float, size: float, *, lean: float) -> None:
    def at(dx: float, dy: float) -> tuple[float, float]:
        return x + (dx + lean * dy) * size, foot - (dy - lean * dx) * size

    sail = SAILS[pen.scene.colour]
    for dx, high in ((-0.14, 0.52), (0.1, 0.6)):
        pen.stroke([at(dx, 0.08), at(dx, high)], (60, 40, 28), 0.014 * size)
        for low, top, wide in ((0.12, 0.34, 0.11), (0.36, high - 0.05, 0.085)):
            pen.shape([at(dx - wide, low), at(dx + wide, low), at(dx + wide * 0.8 + 0.02, (low + top) / 2),
                       at(dx + wide * 0.8, top), at(dx - wide * 0.8, top)], sail)  # fmt: skip
    pen.shape([at(0.14, 0.14), at(0.4, 0.12), at(0.12, 0.5)], sail)
    pen.shape([at(-0.34, 0.12), at(0.3, 0.1), at(0.4, 0.13), at(0.27, -0.04), at(-0.24, -0.04)], (96, 56, 34))
    pen.stroke([at(-0.32, 0.07), at(0.33, 0.06)], (214, 176, 96), 0.012 * size)
    pen.shape([at(0.1, 0.6), at(0.1, 0.66), at(0.2, 0.63)], (196, 40, 40))


def _waves(pen: Pen, y: float, height: float) -> None:
    step, x = 0.17, pen.west - pen.dice.uniform(0, 0.17)
    crest = []
    while x < pen.east:
        crest += [(x, y + height * 0.6), (x + step * 0.45, y - height * 0.6), (x + step * 0.72, y - height * 0.05)]
        x += step
    pen.shape([*crest, (pen.east, pen.south), (pen.west, pen.south)], (44, 66, 82))
    for index in range(1, len(crest), 3):
        left, top = crest[index]
        pen.stroke([(left - 0.03, top + 0.03), (left, top), (left + 0.045, top + 0.045)], (236, 242, 246), 0.012)


def trees(pen: Pen) -> None:
    """A group of trees on a meadow, bent in a storm."""
    sky(pen)
    meadow(pen)
    bent = pen.dice.uniform(0.2, 0.3) if pen.scene.weather == "storm" else 0.0
    for x, foot, height in (
        (0.1, 0.72, 0.34),
        (0.9, 0.7, 0.32),
        (0.26, 0.86, 0.6),
        (0.72, 0.88, 0.66),
        (0.5, 0.78, 0.46),
    ):
        if foot != 0.78 or pen.dice.random() < 0.6:
            tree(pen, x + pen.dice.uniform(-0.03, 0.03), foot, height * pen.dice.uniform(0.9, 1.08), bent=bent)
    weather(pen)


def mountains(pen: Pen) -> None:
    """Three peaks with snow on them, above a valley."""
    season, dice = pen.scene.season or "summer", pen.dice
    sky(pen)
    far = {"winter": (206, 214, 228), "autumn": (134, 112, 110)}.get(season, (112, 124, 148))
    peaks = ((0.16, 0.27, 0.34), (0.82, 0.24, 0.38), (0.5, 0.12, 0.42))
    for x, top, half in peaks:
        peak, foot = top + dice.uniform(-0.04, 0.05), 0.7
        pen.shape([(x - half, foot), (x - half * 0.4, (peak + foot) * 0.5 + 0.02), (x, peak),
                   (x + half * 0.35, (peak + foot) * 0.5),
                   (x + half, foot)], mixed(far, (60, 66, 90), dice.uniform(0, 0.25)))  # fmt: skip
        cap = 0.3 if season == "winter" else 0.16
        pen.shape([(x, peak), (x + half * cap * 0.66, peak + cap * 0.7),
                   (x + half * cap * 0.2, peak + cap * 0.5), (x - half * cap * 0.1, peak + cap * 0.74),
                   (x - half * cap * 0.7, peak + cap * 0.66)], (250, 252, 255))  # fmt: skip
    ground(pen, GROUND[season], 0.69)
    for x in (0.1, 0.24, 0.78, 0.92):
        tree(pen, x + dice.uniform(-0.04, 0.04), 0.86 + dice.uniform(-0.04, 0.05), 0.2)
    weather(pen)


def street(pen: Pen) -> None:
    """Gabled houses on both sides of a street."""
    season, dice = pen.scene.season or "summer", pen.dice
    sky(pen, 0.7)
    ground(pen, GROUND["winter"] if season == "winter" else (150, 140, 126), 0.7)
    night = pen.scene.time == "night"
    left = pen.west
    houses = []
    while left < pen.east:
        width = dice.uniform(0.17, 0.24)
        houses.append((left, width))
        left += width
    for left, width in houses:
        top, foot, wall = dice.uniform(0.26, 0.4), 0.76, dice.choice(BRICKS)
        pen.box(left, top, left + width, foot, wall)
        gable = WHITE if season == "winter" else mixed(wall, (90, 40, 36), 0.6)
        pen.shape([(left - 0.008, top), (left + width / 2, top - 0.14), (left + width + 0.008, top)], gable)
        for row in range(2):
            for column in (0.22, 0.64):
                x, y = left + width * column, top + 0.06 + row * 0.13
                lit = night and dice.random() < 0.6
                pen.box(x, y, x + width * 0.18, y + 0.075, (255, 214, 110) if lit else (60, 70, 84), glow=lit)
        pen.box(left + width * 0.4, foot - 0.12, left + width * 0.62, foot, (70, 44, 30))
    pen.shape([(0.4, 0.76), (0.6, 0.76), (0.95, pen.south), (0.05, pen.south)],
              mixed(GROUND["winter"], (120, 120, 130), 0.2) if season == "winter" else (186, 174, 152))  # fmt: skip
    tree(pen, 0.12, 0.88, 0.36)
    tree(pen, 0.88, 0.88, 0.36)
    weather(pen)


def church(pen: Pen) -> None:
    """A church with a steeple and a cross, among trees."""
    season, dice = pen.scene.season or "summer", pen.dice
    sky(pen)
    meadow(pen)
    tree(pen, 0.1, 0.78, 0.36)
    wall: Colour = dice.choice(((236, 228, 212), (182, 92, 66), (170, 160, 150)))
    roof = (246, 248, 252) if season == "winter" else (120, 52, 44)
    night = pen.scene.time == "night"
    pen.box(0.4, 0.5, 0.86, 0.8, wall)
    pen.shape([(0.38, 0.51), (0.46, 0.36), (0.84, 0.36), (0.9, 0.51)], roof)
    pen.box(0.22, 0.36, 0.42, 0.8, mixed(wall, (90, 90, 90), 0.15))
    pen.shape([(0.2, 0.37), (0.32, 0.07), (0.44, 0.37)], roof)
    pen.stroke([(0.32, 0.08), (0.32, -0.02)], (40, 36, 30), 0.012)
    pen.stroke([(0.29, 0.015), (0.35, 0.015)], (40, 36, 30), 0.012)
    for x in (0.48, 0.6, 0.72):
        window = (255, 214, 110) if night else (70, 84, 110)
        pen.shape([(x, 0.72), (x, 0.6), (x + 0.03, 0.555), (x + 0.06, 0.6), (x + 0.06, 0.72)], window, glow=night)
    pen.shape([(0.275, 0.8), (0.275, 0.69), (0.32, 0.64), (0.365, 0.69), (0.365, 0.8)], (72, 46, 32))
    pen.oval(0.32, 0.47, 0.035, 0.035, (240, 236, 220))
    tree(pen, 0.94, 0.86, 0.34)
    weather(pen)
