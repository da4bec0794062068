"""Horses, cows, dogs, birds and cats."""

from __future__ import annotations

from museum_assets.simulator.drawing.indoors import STONE, wall
from museum_assets.simulator.drawing.nature import meadow, sky, tree, weather
from museum_assets.simulator.drawing.pen import Colour, Pen, mixed

HIDES: dict[str | None, Colour] = {
    "white": (246, 244, 240),
    "brown": (140, 82, 40),
    "black": (30, 28, 30),
    None: (150, 112, 78),
}
FEATHERS: dict[str | None, Colour] = {
    "red": (210, 36, 34),
    "blue": (44, 92, 206),
    "yellow": (246, 208, 40),
    None: (150, 120, 90),
}


def _stand(pen: Pen) -> bool:
    """Draw what the animal stands on; say whether it is a sculpture's pedestal."""
    if pen.scene.style == "stone":
        wall(pen)
        pen.box(0.08, 0.84, 0.92, pen.south, mixed(STONE, (40, 40, 40), 0.45))
        return True
    sky(pen)
    meadow(pen)
    tree(pen, 0.08, 0.72, 0.34)
    tree(pen, 0.95, 0.7, 0.3)
    return False


def horse(pen: Pen) -> None:
    """A horse with a mane and a long tail."""
    hide = STONE if _stand(pen) else HIDES[pen.scene.colour]
    mane = mixed(hide, (20, 14, 10), 0.55)
    pen.shape([(0.22, 0.44), (0.1, 0.52), (0.07, 0.74), (0.13, 0.7), (0.17, 0.56), (0.24, 0.52)], mane)
    for x, far in ((0.3, True), (0.64, True), (0.24, False), (0.58, False)):
        leg = mixed(hide, (0, 0, 0), 0.25) if far else hide
        pen.shape(
            [(x, 0.58), (x + 0.085, 0.58), (x + 0.06, 0.74), (x + 0.062, 0.86), (x + 0.01, 0.86), (x + 0.015, 0.74)],
            leg,
        )
        pen.box(x + 0.005, 0.85, x + 0.068, 0.88, (40, 32, 28))
    pen.shape([(0.2, 0.5), (0.26, 0.42), (0.42, 0.42), (0.56, 0.4), (0.64, 0.3), (0.74, 0.14), (0.8, 0.12),
               (0.84, 0.2), (0.94, 0.3), (0.91, 0.36), (0.8, 0.31), (0.74, 0.42), (0.7, 0.56), (0.6, 0.64), (0.4, 0.63),
               (0.27, 0.64), (0.2, 0.58)], hide)  # fmt: skip
    pen.shape([(0.55, 0.41), (0.6, 0.24), (0.72, 0.11), (0.78, 0.1), (0.7, 0.26), (0.62, 0.42)], mane)
    pen.shape([(0.755, 0.13), (0.765, 0.05), (0.8, 0.12)], hide)
    pen.dot(0.815, 0.2, 0.012, (20, 16, 16))
    weather(pen)


def cow(pen: Pen) -> None:
    """A cow with horns, spots and an udder."""
    stone = _stand(pen)
    hide: Colour = STONE if stone else (244, 238, 228)
    spots = mixed(STONE, (60, 60, 60), 0.4) if stone else pen.dice.choice([(60, 40, 32), (150, 78, 40)])
    pen.stroke([(0.15, 0.46), (0.09, 0.6), (0.1, 0.72)], spots, 0.02)
    for x in (0.2, 0.3, 0.58, 0.68):
        pen.box(x, 0.62, x + 0.07, 0.85, mixed(hide, (0, 0, 0), 0.12))
        pen.box(x, 0.83, x + 0.07, 0.87, (50, 40, 36))
    pen.oval(0.42, 0.69, 0.07, 0.045, hide if stone else (236, 170, 160))
    pen.shape(
        [
            (0.14, 0.44),
            (0.2, 0.4),
            (0.5, 0.42),
            (0.74, 0.38),
            (0.8, 0.46),
            (0.78, 0.62),
            (0.7, 0.69),
            (0.26, 0.69),
            (0.15, 0.6),
        ],
        hide,
    )
    for x, y, rx, ry in ((0.28, 0.5, 0.09, 0.07), (0.5, 0.56, 0.1, 0.08), (0.66, 0.46, 0.06, 0.05)):
        pen.oval(x, y, rx, ry, spots)
    pen.shape([(0.74, 0.32), (0.92, 0.32), (0.91, 0.46), (0.88, 0.56), (0.79, 0.56), (0.75, 0.46)], hide)
    pen.shape([(0.77, 0.48), (0.9, 0.48), (0.88, 0.57), (0.79, 0.57)], hide if stone else (236, 180, 168))
    for side in (-1, 1):
        pen.shape([(0.83 + side * 0.07, 0.33), (0.83 + side * 0.16, 0.28), (0.83 + side * 0.14, 0.2),
               (0.83 + side * 0.12, 0.27),
                   (0.83 + side * 0.04, 0.3)], (220, 206, 170))  # fmt: skip
        pen.oval(0.83 + side * 0.12, 0.37, 0.04, 0.022, spots)
        pen.dot(0.83 + side * 0.045, 0.39, 0.012, (20, 16, 16))
    weather(pen)


def dog(pen: Pen) -> None:
    """A sitting dog with hanging ears and a collar."""
    stone = _stand(pen)
    hide: Colour = STONE if stone else pen.dice.choice([(176, 120, 66), (120, 92, 70), (200, 170, 130)])
    ears = mixed(hide, (30, 20, 16), 0.5)
    pen.shape([(0.2, 0.82), (0.1, 0.72), (0.06, 0.58), (0.1, 0.56), (0.16, 0.68), (0.26, 0.74)], hide)
    pen.shape([(0.2, 0.88), (0.2, 0.7), (0.32, 0.56), (0.46, 0.44), (0.62, 0.46), (0.66, 0.6), (0.66, 0.88)], hide)
    pen.oval(0.3, 0.79, 0.12, 0.095, mixed(hide, (0, 0, 0), 0.1))
    for x in (0.5, 0.6):
        pen.box(x, 0.62, x + 0.065, 0.88, hide)
        pen.oval(x + 0.045, 0.88, 0.05, 0.022, hide)
    pen.oval(0.58, 0.34, 0.125, 0.12, hide)
    pen.shape([(0.6, 0.32), (0.74, 0.34), (0.82, 0.38), (0.81, 0.44), (0.7, 0.46), (0.6, 0.45)], hide)
    pen.oval(0.81, 0.385, 0.025, 0.02, (30, 24, 24))
    pen.shape([(0.48, 0.26), (0.42, 0.32), (0.41, 0.48), (0.47, 0.52), (0.53, 0.4), (0.54, 0.27)], ears)
    pen.dot(0.65, 0.31, 0.015, (20, 16, 16))
    pen.shape([(0.47, 0.46), (0.64, 0.46), (0.64, 0.5), (0.46, 0.5)], STONE if stone else (190, 40, 40))
    weather(pen)


def bird(pen: Pen) -> None:
    """A bird on a branch with leaves."""
    stone = pen.scene.style == "stone"
    if stone:
        wall(pen)
        pen.box(0.3, 0.84, 0.7, pen.south, mixed(STONE, (40, 40, 40), 0.45))
    else:
        pen.gradient((188, 206, 206), (230, 230, 214), 1.0)
        pen.stroke([(pen.west, 0.82), (0.3, 0.77), (0.7, 0.79), (pen.east, 0.72)], (92, 64, 42), 0.035)
        for x, y in ((0.1, 0.74), (0.2, 0.86), (0.82, 0.7), (0.88, 0.83), (0.72, 0.87)):
            pen.shape([(x - 0.08, y), (x, y - 0.035), (x + 0.08, y), (x, y + 0.035)], (84, 140, 70))
    body = STONE if stone else FEATHERS[pen.scene.colour]
    wing = mixed(body, (20, 20, 30), 0.35)
    pen.shape([(0.3, 0.58), (0.06, 0.72), (0.1, 0.78), (0.2, 0.75), (0.36, 0.68)], wing)
    for x in (0.46, 0.54):
        pen.stroke([(x, 0.68), (x - 0.01, 0.8)], (80, 60, 40), 0.014)
    pen.oval(0.5, 0.54, 0.22, 0.17, body)
    pen.oval(0.67, 0.36, 0.12, 0.115, body)
    pen.shape([(0.56, 0.42), (0.6, 0.6), (0.72, 0.5), (0.76, 0.42)], body) if not pen.lined else None
    pen.shape([(0.77, 0.33), (0.91, 0.37), (0.77, 0.4)], mixed(body, (40, 40, 40), 0.4) if stone else (236, 150, 40))
    pen.shape([(0.54, 0.46), (0.58, 0.56), (0.42, 0.66), (0.2, 0.66), (0.34, 0.52)], wing)
    pen.oval(0.7, 0.335, 0.022, 0.022, (250, 250, 250))
    pen.dot(0.703, 0.335, 0.013, (16, 16, 20))


def cat(pen: Pen) -> None:
    """A cat on a cushion, with pointed ears and whiskers."""
    wall(pen)
    hide: Colour = {"black": (22, 20, 24), "white": (248, 246, 242)}.get(pen.scene.colour or "", (170, 130, 90))
    pen.oval(0.5, 0.9, 0.44, 0.1, (150, 66, 70))
    pen.stroke([(0.68, 0.84), (0.86, 0.8), (0.9, 0.64), (0.84, 0.54)], hide, 0.05)
    pen.shape([(0.26, 0.88), (0.28, 0.68), (0.38, 0.5), (0.62, 0.5), (0.72, 0.68), (0.74, 0.88)], hide)
    for x in (0.42, 0.58):
        pen.oval(x, 0.87, 0.06, 0.035, mixed(hide, (128, 128, 128), 0.15))
    for side in (-1, 1):
        pen.shape([(0.5 + side * 0.19, 0.34), (0.5 + side * 0.19, 0.1), (0.5 + side * 0.04, 0.22)], hide)
    pen.oval(0.5, 0.36, 0.2, 0.165, hide)
    for side in (-1, 1):
        pen.oval(0.5 + side * 0.085, 0.33, 0.04, 0.032, (170, 200, 60))
        pen.oval(0.5 + side * 0.085, 0.33, 0.01, 0.03, (14, 14, 14))
        for y in (0.4, 0.43, 0.46):
            pen.stroke([(0.5 + side * 0.06, 0.425), (0.5 + side * 0.3, y)], (200, 200, 200), 0.005)
    pen.shape([(0.475, 0.395), (0.525, 0.395), (0.5, 0.42)], (220, 130, 130))
    pen.stroke([(0.46, 0.455), (0.5, 0.44), (0.54, 0.455)], (120, 80, 80), 0.007)
