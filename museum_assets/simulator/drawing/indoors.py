"""What is painted close up: portraits, fruit, flowers."""

from __future__ import annotations

from math import cos, pi, sin

from museum_assets.simulator.drawing.pen import Colour, Pen, mixed

CLOTHES: dict[str | None, Colour] = {
    "red": (190, 28, 34), "blue": (36, 72, 170), "black": (24, 22, 26), None: (120, 110, 96),
}  # fmt: skip
PETALS: dict[str | None, Colour] = {
    "red": (214, 28, 40), "yellow": (248, 206, 30), "blue": (54, 84, 208),
    "white": (252, 252, 248), None: (226, 190, 180),
}  # fmt: skip
SKIN: tuple[Colour, ...] = ((236, 196, 164), (222, 176, 140), (196, 146, 110))
HAIR: tuple[Colour, ...] = ((60, 40, 26), (122, 84, 44), (196, 154, 84), (120, 116, 112))
WALLS: tuple[Colour, ...] = ((96, 88, 70), (84, 96, 84), (110, 92, 78), (132, 124, 110))
STONE: Colour = (206, 202, 194)


def wall(pen: Pen) -> None:
    """Fill the background with a plain wall, lighter towards the bottom."""
    colour = (74, 78, 84) if pen.scene.style == "stone" else pen.dice.choice(WALLS)
    pen.gradient(mixed(colour, (0, 0, 0), 0.35), mixed(colour, (255, 255, 255), 0.15), 1.0)


def woman(pen: Pen) -> None:
    """A woman with long hair, in a dress."""
    _portrait(pen, woman=True)


def man(pen: Pen) -> None:
    """A man with a hat and mostly a beard, in a coat."""
    _portrait(pen, woman=False)


def _portrait(pen: Pen, *, woman: bool) -> None:
    wall(pen)
    stone = pen.scene.style == "stone"
    skin = STONE if stone else pen.dice.choice(SKIN)
    hair = mixed(STONE, (60, 60, 60), 0.35) if stone else pen.dice.choice(HAIR)
    cloth = mixed(STONE, (90, 90, 90), 0.2) if stone else CLOTHES[pen.scene.colour]
    if woman:
        pen.shape([(0.3, 0.7), (0.27, 0.4), (0.34, 0.22), (0.5, 0.14), (0.66, 0.22), (0.73, 0.4), (0.7, 0.7)], hair)
    _clothes(pen, cloth, woman=woman, bust=stone)
    pen.shape([(0.44, 0.5), (0.56, 0.5), (0.59, 0.7), (0.5, 0.76), (0.41, 0.7)], skin)
    if woman:
        for step in range(7):
            turn = pi * (0.15 + 0.7 * step / 6)
            pen.oval(0.5 + 0.115 * cos(turn), 0.66 + 0.1 * sin(turn), 0.014, 0.014, (250, 246, 232))
    pen.oval(0.5, 0.39, 0.135, 0.18, skin)
    _face(pen, skin)
    if woman:
        pen.shape(
            [(0.36, 0.4), (0.35, 0.25), (0.5, 0.18), (0.65, 0.25), (0.64, 0.4), (0.6, 0.29), (0.5, 0.25), (0.41, 0.3)],
            hair,
        )
        pen.shape([(0.475, 0.485), (0.5, 0.478), (0.525, 0.485), (0.5, 0.505)], STONE if stone else (186, 60, 62))
        return
    if pen.dice.random() < 0.75:
        pen.shape([(0.37, 0.42), (0.42, 0.48), (0.5, 0.465), (0.58, 0.48), (0.63, 0.42), (0.61, 0.55), (0.5, 0.64),
                   (0.39, 0.55)], hair)  # fmt: skip
        pen.oval(0.5, 0.5, 0.035, 0.012, skin)
    hat = mixed(STONE, (60, 60, 60), 0.2) if stone else (34, 30, 34)
    pen.shape(
        [(0.2, 0.27), (0.35, 0.25), (0.37, 0.08), (0.63, 0.08), (0.65, 0.25), (0.8, 0.27), (0.65, 0.31), (0.35, 0.31)],
        hat,
    )


def _clothes(pen: Pen, cloth: Colour, *, woman: bool, bust: bool) -> None:
    if bust:
        pen.shape(
            [(0.26, 0.86), (0.24, 0.74), (0.42, 0.64), (0.58, 0.64), (0.76, 0.74), (0.74, 0.86), (0.5, 0.95)], cloth
        )
        pen.box(0.36, 0.92, 0.64, pen.south, mixed(STONE, (40, 40, 40), 0.45))
    elif woman:
        pen.shape([(0.1, pen.south), (0.14, 0.84), (0.28, 0.71), (0.4, 0.68), (0.5, 0.8), (0.6, 0.68), (0.72, 0.71),
                   (0.86, 0.84), (0.9, pen.south)], cloth)  # fmt: skip
        pen.stroke([(0.4, 0.68), (0.5, 0.8), (0.6, 0.68)], (246, 242, 230), 0.02)
    else:
        pen.shape([(0.03, pen.south), (0.08, 0.8), (0.24, 0.68), (0.42, 0.62), (0.58, 0.62), (0.76, 0.68), (0.92, 0.8),
                   (0.97, pen.south)], cloth)  # fmt: skip
        pen.shape([(0.36, 0.64), (0.5, 0.6), (0.64, 0.64), (0.68, 0.71), (0.5, 0.75), (0.32, 0.71)], (246, 244, 238))
        for step in range(3):
            pen.oval(0.5, 0.81 + step * 0.08, 0.013, 0.013, (220, 190, 110))


def _face(pen: Pen, skin: Colour) -> None:
    dark = mixed(skin, (50, 24, 20), 0.75)
    for x in (0.445, 0.555):
        pen.oval(x, 0.375, 0.022, 0.013, (250, 248, 244))
        pen.dot(x, 0.375, 0.01, (40, 40, 56))
        pen.stroke([(x - 0.03, 0.342), (x, 0.335), (x + 0.03, 0.342)], dark, 0.009)
    pen.stroke([(0.5, 0.37), (0.515, 0.435), (0.49, 0.44)], dark, 0.007)
    pen.stroke([(0.465, 0.49), (0.5, 0.498), (0.535, 0.49)], dark, 0.008)


def still_life(pen: Pen) -> None:
    """Fruit in a bowl and beside it, on a table: apples, lemons, pears, or what a drawing leaves without colour."""
    wall(pen)
    dice = pen.dice
    fruit = pen.scene.colour or dice.choice(("red", "yellow", "green"))
    colour: Colour = {"red": (206, 36, 34), "yellow": (246, 210, 40), "green": (120, 174, 54)}[fruit]
    if pen.scene.colour is None:
        colour = (168, 140, 100)
    pen.shape([(pen.west, 0.64), (pen.east, 0.64), (pen.east, pen.south), (pen.west, pen.south)], (108, 70, 42))
    pen.shape([(0.06, 0.7), (0.94, 0.66), (0.88, 0.98), (0.2, 1.0)], (232, 226, 212))
    if dice.random() < 0.6:
        pen.shape(
            [
                (0.76, 0.72),
                (0.78, 0.4),
                (0.83, 0.3),
                (0.83, 0.16),
                (0.88, 0.16),
                (0.88, 0.3),
                (0.93, 0.4),
                (0.95, 0.72),
            ],
            (44, 66, 50),
        )
    for x, y in ((0.36, 0.5), (0.48, 0.47), (0.6, 0.51), (0.42, 0.4), (0.55, 0.4), (0.48, 0.33)):
        _fruit(pen, fruit, x, y, colour)
    pen.shape(
        [(0.22, 0.54), (0.74, 0.54), (0.66, 0.7), (0.56, 0.74), (0.56, 0.79), (0.4, 0.79), (0.4, 0.74), (0.3, 0.7)],
        (196, 208, 222),
    )
    pen.stroke([(0.25, 0.6), (0.71, 0.6)], (60, 90, 160), 0.014)
    for x, y in ((0.2, 0.82), (0.74, 0.85), (0.34, 0.9))[: dice.randint(2, 3)]:
        _fruit(pen, fruit, x, y, colour)


def _fruit(pen: Pen, fruit: str, x: float, y: float, colour: Colour) -> None:
    shade = mixed(colour, (255, 255, 255), 0.5)
    if fruit == "yellow":
        pen.shape([(x - 0.1, y), (x - 0.06, y - 0.05), (x, y - 0.062), (x + 0.06, y - 0.05), (x + 0.1, y),
                   (x + 0.06, y + 0.05), (x, y + 0.062), (x - 0.06, y + 0.05)], colour)  # fmt: skip
    elif fruit == "green":
        pen.shape([(x - 0.025, y - 0.1), (x + 0.025, y - 0.1), (x + 0.04, y - 0.03), (x + 0.075, y + 0.02),
                   (x + 0.06, y + 0.07),
                   (x, y + 0.085), (x - 0.06, y + 0.07), (x - 0.075, y + 0.02),
                   (x - 0.04, y - 0.03)], colour)  # fmt: skip
        pen.stroke([(x, y - 0.1), (x + 0.015, y - 0.14)], (70, 50, 30), 0.01)
    else:
        pen.oval(x, y, 0.075, 0.07, colour)
        pen.stroke([(x, y - 0.065), (x + 0.012, y - 0.1)], (70, 50, 30), 0.01)
    pen.dot(x - 0.025, y - 0.02, 0.011, shade)


def flowers(pen: Pen) -> None:
    """A bunch of flowers in a vase."""
    wall(pen)
    dice, petals = pen.dice, PETALS[pen.scene.colour]
    pen.shape([(pen.west, 0.88), (pen.east, 0.88), (pen.east, pen.south), (pen.west, pen.south)], (98, 66, 44))
    heads = [(0.5, 0.16), (0.3, 0.22), (0.7, 0.22), (0.18, 0.36), (0.82, 0.37), (0.4, 0.34), (0.6, 0.34), (0.5, 0.47)]
    heads = [(x + dice.uniform(-0.025, 0.025), y + dice.uniform(-0.025, 0.025)) for x, y in heads]
    for x, y in heads:
        pen.stroke([(0.5, 0.66), ((0.5 + x) / 2 + 0.02, (0.62 + y) / 2), (x, y)], (54, 112, 52), 0.012)
    for _ in range(8):
        x, y = dice.uniform(0.26, 0.74), dice.uniform(0.36, 0.58)
        pen.shape([(x - 0.06, y), (x, y - 0.025), (x + 0.06, y), (x, y + 0.025)], (58, 128, 58))
    pen.shape([(0.42, 0.6), (0.58, 0.6), (0.57, 0.66), (0.66, 0.78), (0.6, 0.93), (0.4, 0.93), (0.34, 0.78),
               (0.43, 0.66)],
              dice.choice([(120, 140, 170), (170, 120, 84), (140, 160, 140)]))  # fmt: skip
    blossoms = dice.choice((5, 6, 8))
    for x, y in heads:
        size = dice.uniform(0.05, 0.06)
        for step in range(blossoms):
            turn = 2 * pi * step / blossoms
            pen.oval(x + size * cos(turn), y + size * sin(turn), size * 0.62, size * 0.62, petals)
        pen.oval(x, y, size * 0.45, size * 0.45, (110, 70, 30) if pen.scene.colour == "yellow" else (250, 214, 90))
