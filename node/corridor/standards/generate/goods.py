# ruff: noqa: E501 (a description stays in one piece)
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
    Goods(
        "080222",
        "Hazelnuts, shelled, in vacuum bags, roasted, calibre 11 to 13 mm, crop of the current year, for industrial use, packed under nitrogen",
        "BG",
        (20, 25),
        (200, 880),
        7,
    ),
    Goods(
        "520942",
        "Denim of cotton, more than 200 g per square metre, indigo dyed, 3/1 twill, width 150 cm, on cardboard tubes, wrapped in film",
        "RO",
        (35, 60),
        (80, 300),
        6,
    ),
    Goods(
        "620342",
        "Trousers of cotton, for men, blue, five pockets, with labels of the brand owner, sorted by size, folded",
        "CT",
        (9, 14),
        (150, 900),
        19,
    ),
    Goods(
        "842112",
        "Clothes-dryers, centrifugal, capacity 8 kg of dry linen, 230 V, with lint filter, condensing, white",
        "PK",
        (48, 72),
        (40, 180),
        9,
    ),
    Goods(
        "841810",
        "Refrigerator-freezers with separate doors, total volume 354 l, refrigerant R600a, class E, with door shelves and drawers",
        "PK",
        (62, 95),
        (60, 160),
        6,
    ),
    Goods(
        "870829",
        "Parts of bodies for motor vehicles, stamped doors and wings, primed, for light commercial vehicles, on reusable racks",
        "CS",
        (110, 340),
        (20, 70),
        8,
    ),
    Goods(
        "940360",
        "Furniture of wood, dismantled, shelves and tables of laminated board, with fittings and instructions in the carton",
        "PK",
        (28, 55),
        (90, 350),
        5,
    ),
    Goods(
        "690721",
        "Ceramic tiles, water absorption below 0.5 per cent, glazed porcelain stoneware, 600 x 600 mm, 9 mm thick, rectified, on pallets",
        "PX",
        (900, 1180),
        (16, 22),
        1,
    ),
    Goods(
        "721420",
        "Bars of iron, with deformations from rolling, B500C, diameter 12 to 16 mm, length 12 m, in bundles with mill certificate",
        "BE",
        (1000, 2000),
        (10, 21),
        1,
    ),
    Goods(
        "390120",
        "Polyethylene, specific gravity 0.94 or more, granules, natural colour, film grade, melt index 0.05, in bags of 25 kg on pallets",
        "BG",
        (25, 25),
        (500, 960),
        2,
    ),
    Goods(
        "300490",
        "Medicaments in measured doses for retail sale, tablets and ampoules for human use, temperature 15 to 25 degrees, batch numbers as listed",
        "CT",
        (6, 11),
        (120, 700),
        140,
    ),
    Goods(
        "220421",
        "Wine of fresh grapes in bottles of 0.75 l, dry red, 12.5 per cent by volume, vintage as marked, with corks, six bottles a carton",
        "CT",
        (8, 9),
        (500, 1900),
        5,
    ),
    Goods(
        "090240",
        "Black tea, fermented, in chests, whole leaf, second flush, not flavoured, in lined chests, net weight as marked",
        "CH",
        (30, 45),
        (120, 420),
        4,
    ),
    Goods(
        "150910",
        "Olive oil, virgin, in tins, extra virgin, acidity below 0.8 per cent, first cold pressing, tins of 5 l",
        "CT",
        (16, 19),
        (300, 1100),
        5,
    ),
    Goods(
        "851713",
        "Smartphones, with chargers and cables, dual SIM, lithium ion battery packed with equipment (PI 966)",
        "CT",
        (5, 8),
        (60, 400),
        520,
    ),
    Goods(
        "330300",
        "Perfumes and toilet waters, in bottles of 50 ml with atomiser, denatured alcohol base, in retail cartons",
        "CT",
        (7, 10),
        (60, 300),
        60,
        "1266",
    ),
    Goods(
        "320890",
        "Paints based on synthetic polymers, flammable, alkyd primers and enamels, flash point 27 degrees, in drums of 200 l",
        "DR",
        (180, 220),
        (24, 80),
        4,
        "1263",
    ),
    Goods(
        "401120",
        "New pneumatic tyres for lorries, 315/80 R 22.5, load index 156/150, for driven axles, tubeless, not retreaded",
        "PP",
        (52, 66),
        (120, 320),
        4,
    ),
    Goods(
        "070200",
        "Tomatoes, fresh, round, class I, size 57 to 67 mm, in single layer crates, chilled to 8 degrees",
        "CR",
        (6, 6),
        (1500, 3300),
        1,
    ),
    Goods(
        "847130",
        "Portable computers under 10 kg, screen of 14 inches, 16 GB of memory, with power supply and carrying case",
        "CT",
        (11, 16),
        (60, 380),
        210,
    ),
)
