"""Goods as the generator knows them: six-digit headings with words, packages and weights."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Goods:
    """A kind of goods. Weights in kilograms, values in whole units of money."""

    hs6: str
    description: str
    package: str  # code of the list of package types (Rec 21)
    kg_per_package: tuple[int, int]
    packages: tuple[int, int]
    value_per_kg: int
    un_number: str = ""


GOODS: Final = (
    Goods("080222", "Hazelnuts, shelled, in vacuum bags", "BG", (20, 25), (200, 880), 7),
    Goods(
        "520942", "Denim of cotton, more than 200 g per square metre", "RO", (35, 60), (80, 300), 6
    ),
    Goods("620342", "Trousers of cotton, for men", "CT", (9, 14), (150, 900), 19),
    Goods("842112", "Clothes-dryers, centrifugal", "PK", (48, 72), (40, 180), 9),
    Goods("841810", "Refrigerator-freezers with separate doors", "PK", (62, 95), (60, 160), 6),
    Goods("870829", "Parts of bodies for motor vehicles", "CS", (110, 340), (20, 70), 8),
    Goods("940360", "Furniture of wood, dismantled", "PK", (28, 55), (90, 350), 5),
    Goods(
        "690721",
        "Ceramic tiles, water absorption below 0.5 per cent",
        "PX",
        (900, 1180),
        (16, 22),
        1,
    ),
    Goods(
        "721420", "Bars of iron, with deformations from rolling", "BE", (1000, 2000), (10, 21), 1
    ),
    Goods(
        "390120",
        "Polyethylene, specific gravity 0.94 or more, granules",
        "BG",
        (25, 25),
        (500, 960),
        2,
    ),
    Goods(
        "300490", "Medicaments in measured doses for retail sale", "CT", (6, 11), (120, 700), 140
    ),
    Goods("220421", "Wine of fresh grapes in bottles of 0.75 l", "CT", (8, 9), (500, 1900), 5),
    Goods("090240", "Black tea, fermented, in chests", "CH", (30, 45), (120, 420), 4),
    Goods("150910", "Olive oil, virgin, in tins", "CT", (16, 19), (300, 1100), 5),
    Goods("851713", "Smartphones", "CT", (5, 8), (60, 400), 520),
    Goods("330300", "Perfumes and toilet waters", "CT", (7, 10), (60, 300), 60, "1266"),
    Goods(
        "320890",
        "Paints based on synthetic polymers, flammable",
        "DR",
        (180, 220),
        (24, 80),
        4,
        "1263",
    ),
    Goods("401120", "New pneumatic tyres for lorries", "PP", (52, 66), (120, 320), 4),
    Goods("070200", "Tomatoes, fresh", "CR", (6, 6), (1500, 3300), 1),
    Goods("847130", "Portable computers under 10 kg", "CT", (11, 16), (60, 380), 210),
)
