"""Skies, ground and weather, and what grows: the background that says when it is."""

from __future__ import annotations

from math import cos, pi, sin

from museum_assets.simulator.drawing.pen import WHITE, Colour, Pen, mixed

HORIZON = 0.62
SKIES: dict[str, tuple[Colour, Colour]] = {
    "day": ((92, 156, 222), (205, 228, 244)), "evening": ((88, 50, 110), (255, 150, 60)),
    "night": ((6, 10, 34), (28, 40, 88)), "storm": ((38, 42, 50), (104, 110, 116)),
    "rain": ((96, 104, 114), (160, 166, 172)),
}  # fmt: skip
GROUND: dict[str, Colour] = {
    "spring": (150, 200, 96), "summer": (64, 140, 52), "autumn": (188, 140, 62), "winter": (240, 244, 250),
}  # fmt: skip
LEAVES: dict[str, Colour] = {"spring": (244, 172, 196), "summer": (30, 106, 44), "autumn": (212, 96, 28)}
TRUNK: Colour = (86, 58, 38)


def sky(pen: Pen, horizon: float = HORIZON) -> None:
    """Fill the sky with what stands in it: sun, clouds, sunset, moon and stars, or lightning."""
    scene = pen.scene
    key = scene.weather if scene.weather in ("storm", "rain") else scene.time
    pen.gradient(*SKIES[key], horizon)
    if key in ("storm", "rain"):
        _clouds(pen, 7, (56, 58, 66) if key == "storm" else (130, 134, 142), 0.12)
    elif key == "night":
        _night(pen)
    elif key == "evening":
        _sunset(pen, horizon)
    else:
        if scene.season == "summer" or (scene.season is None and pen.dice.random() < 0.5):
            _sun(pen)
        _clouds(pen, 3, (250, 250, 252), 0.06)


def ground(pen: Pen, colour: Colour, horizon: float = HORIZON) -> None:
    """Fill everything below the horizon."""
    pen.area([(pen.west, horizon), (pen.east, horizon), (pen.east, pen.south), (pen.west, pen.south)], colour)


def meadow(pen: Pen, horizon: float = HORIZON) -> None:
    """Fill the ground as the season has it."""
    season = pen.scene.season or "summer"
    ground(pen, GROUND[season], horizon)
    hill = mixed(GROUND[season], (40, 60, 60), 0.2)
    middle = pen.dice.uniform(0.2, 0.8)
    points = [(pen.west + (pen.east - pen.west) * step / 16, 0.0) for step in range(17)]
    pen.area([(x, horizon + 0.005 - 0.07 * max(0.0, cos((x - middle) * 2.2))) for x, _ in points]
             + [(pen.east, horizon + 0.02), (pen.west, horizon + 0.02)], hill)  # fmt: skip


def weather(pen: Pen) -> None:
    """Draw what falls from the sky over everything: rain, flakes, leaves, petals."""
    scene, dice = pen.scene, pen.dice
    if scene.weather in ("storm", "rain"):
        slope = 0.06 if scene.weather == "storm" else 0.015
        for _ in range(32 if pen.lined else 70):  # lines hide what they cross
            x, y = dice.uniform(pen.west, pen.east), dice.uniform(pen.north, pen.south)
            pen.stroke([(x, y), (x - slope, y + 0.07)], (186, 194, 204), 0.004, glow=True)
    if scene.weather == "storm":
        _lightning(pen)
    if scene.season == "winter":
        for _ in range(110):
            pen.dot(dice.uniform(pen.west, pen.east), dice.uniform(pen.north, pen.south), 0.007, WHITE)
    if scene.season == "autumn":
        for _ in range(26):
            x, y = dice.uniform(pen.west, pen.east), dice.uniform(0.25, pen.south)
            colour = dice.choice([(206, 84, 24), (226, 150, 30), (170, 54, 24)])
            pen.shape([(x, y - 0.014), (x + 0.02, y), (x, y + 0.014), (x - 0.02, y)], colour)
    if scene.season == "spring":
        for _ in range(40):
            x, y = dice.uniform(pen.west, pen.east), dice.uniform(HORIZON + 0.05, pen.south)
            colour = dice.choice([(250, 120, 170), (252, 240, 120), (255, 255, 255)])
            pen.oval(x, y, 0.012, 0.012, colour)


def tree(pen: Pen, x: float, foot: float, height: float, *, bent: float = 0.0) -> None:
    """Draw a tree as the season has it: in blossom, green, red, or bare."""
    season = pen.scene.season or "summer"
    top, thick = foot - height * 0.45, height * 0.045
    lean = bent * height
    pen.shape([(x - thick, foot), (x + thick, foot), (x + thick * 0.6 + lean * 0.4, top),
               (x - thick * 0.6 + lean * 0.4, top)], TRUNK)  # fmt: skip
    if season == "winter":
        for side in (-0.3, -0.16, 0.0, 0.17, 0.3):
            tip = (x + side * height + lean, foot - height * (0.95 - abs(side)))
            middle = (x + side * height * 0.45 + lean * 0.6, foot - height * 0.62)
            pen.stroke([(x + lean * 0.4, top + height * 0.05), middle, tip], TRUNK, height * 0.022)
            pen.stroke([middle, (middle[0] + (0.08 if side > 0 else -0.08) * height, middle[1] - height * 0.17)],
                       TRUNK, height * 0.014)  # fmt: skip
        return
    for dx, dy, size in ((-0.17, 0.56, 0.2), (0.17, 0.58, 0.2), (0.0, 0.76, 0.23), (0.0, 0.58, 0.2)):
        colour = mixed(LEAVES[season], (255, 250, 220), 0.12 * pen.dice.random())
        pen.oval(x + dx * height + lean * dy * 1.2, foot - dy * height, size * height, size * height * 0.82, colour)


def _sun(pen: Pen) -> None:
    x, y = pen.dice.uniform(0.12, 0.3), pen.dice.uniform(0.1, 0.18)
    for step in range(10):
        turn = step * pi / 5
        pen.stroke([(x + 0.09 * cos(turn), y + 0.09 * sin(turn)), (x + 0.125 * cos(turn), y + 0.125 * sin(turn))],
                   (255, 226, 110), 0.008)  # fmt: skip
    pen.oval(x, y, 0.07, 0.07, (255, 224, 90))


def _sunset(pen: Pen, horizon: float) -> None:
    x = pen.dice.uniform(0.25, 0.75)
    for step in range(1, 8):
        turn = step * pi / 8
        pen.stroke([(x - 0.19 * cos(turn), horizon - 0.19 * sin(turn)),
                    (x - 0.42 * cos(turn), horizon - 0.42 * sin(turn))], (255, 190, 96), 0.014, glow=True)  # fmt: skip
    pen.oval(x, horizon, 0.15, 0.15, (255, 226, 130), glow=True)
    for _ in range(4):
        left, y = pen.dice.uniform(pen.west, 0.6), pen.dice.uniform(0.08, horizon - 0.2)
        pen.oval(left + 0.2, y, 0.2, 0.014, (196, 84, 84), glow=True)


def _night(pen: Pen) -> None:
    x, y = pen.dice.uniform(0.15, 0.35), pen.dice.uniform(0.1, 0.2)
    for _ in range(34):
        pen.dot(
            pen.dice.uniform(pen.west, pen.east), pen.dice.uniform(pen.north, HORIZON - 0.1), 0.005, (240, 240, 250)
        )
    pen.oval(x, y, 0.085, 0.085, (246, 244, 214), glow=True)
    pen.oval(x + 0.04, y - 0.015, 0.068, 0.068, SKIES["night"][0], glow=True)


def _clouds(pen: Pen, count: int, colour: Colour, size: float) -> None:
    for _ in range(count):
        x, y = pen.dice.uniform(pen.west, pen.east), pen.dice.uniform(max(pen.north, -0.4), 0.24)
        for dx, big in ((-0.11, 0.75), (0.0, 1.0), (0.1, 0.8)):
            pen.oval(x + dx * size / 0.07, y, size * 1.3 * big, size * 0.6 * big, colour, glow=True)


def _lightning(pen: Pen) -> None:
    x = pen.dice.choice([pen.dice.uniform(0.08, 0.24), pen.dice.uniform(0.78, 0.92)])
    bolt = [(x, 0.08), (x - 0.05, 0.26), (x + 0.01, 0.26), (x - 0.06, 0.48), (x + 0.055, 0.22), (x + 0.005, 0.22),
            (x + 0.05, 0.08)]  # fmt: skip
    pen.shape(bolt, (255, 244, 150), glow=True)
