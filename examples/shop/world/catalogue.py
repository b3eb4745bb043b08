"""What the store sells: one line a product."""

from typing import NamedTuple


class Product(NamedTuple):
    """A product; the price is in euro cents. Live plants cannot be sent back."""

    sku: str
    name: str
    category: str
    price_cents: int
    available: int
    restock_on: str | None = None
    returnable: bool = True


PRODUCTS = (
    Product("LAMP-DUSK", "Dusk solar path lamp, set of 4", "lighting", 6490, 42),
    Product("LAMP-HALO", "Halo festoon lights, 10 m", "lighting", 3990, 0, "2026-06-24"),
    Product("LAMP-OWL", "Owl table lamp, brushed brass", "lighting", 8900, 11),
    Product("LANTERN-OAK", "Oak hurricane lantern", "lighting", 4500, 27),
    Product("POT-TERRA-S", "Terracotta pot, 18 cm", "pots", 890, 210),
    Product("POT-TERRA-L", "Terracotta pot, 40 cm", "pots", 3360, 38),
    Product("POT-GLAZE-BLUE", "Glazed pot, river blue, 30 cm", "pots", 2490, 64),
    Product("PLANTER-CEDAR", "Cedar raised planter, 120 cm", "pots", 12900, 9),
    Product("PLANTER-HANG", "Hanging planter, woven jute", "pots", 1990, 55),
    Product("BENCH-ACACIA", "Acacia garden bench, 150 cm", "furniture", 24900, 6),
    Product("CHAIR-BISTRO", "Folding bistro chair, moss green", "furniture", 5900, 33),
    Product("TABLE-BISTRO", "Bistro table, moss green, 60 cm", "furniture", 7900, 14),
    Product("PARASOL-SAND", "Parasol with crank, sand, 3 m", "furniture", 15900, 0, "2026-07-06"),
    Product("HAMMOCK-COTTON", "Cotton hammock, two people", "furniture", 8450, 17),
    Product("CUSHION-RIB", "Outdoor cushion, ribbed, 45 cm", "furniture", 2250, 90),
    Product("SHED-TOOL", "Narrow tool shed, larch", "furniture", 38900, 3),
    Product("SECATEURS-PRO", "Bypass secateurs, forged steel", "tools", 3450, 71),
    Product("TROWEL-ASH", "Hand trowel, ash handle", "tools", 1690, 120),
    Product("SPADE-ASH", "Digging spade, ash handle", "tools", 4790, 24),
    Product("HOSE-25", "Flat garden hose, 25 m", "tools", 5400, 40),
    Product("CAN-ZINC", "Zinc watering can, 9 l", "tools", 3850, 29),
    Product("GLOVES-GOAT", "Goatskin gloves", "tools", 1950, 85),
    Product("KNEELER-FOAM", "Foldable kneeler and seat", "tools", 3290, 19),
    Product("COMPOST-BIN", "Compost bin, 300 l", "tools", 6900, 12),
    Product("FERN-BOSTON", "Boston fern, live plant", "plants", 1890, 26, returnable=False),
    Product("OLIVE-YOUNG", "Young olive tree, live plant", "plants", 4980, 8, returnable=False),
    Product("LAVENDER-6", "Lavender, tray of 6, live plants", "plants", 2190, 31, returnable=False),
    Product("SEEDS-MEADOW", "Wildflower meadow seeds, 100 g", "plants", 1290, 150),
    Product("SEEDS-HERBS", "Kitchen herb seeds, 8 kinds", "plants", 1450, 140),
    Product("BULBS-TULIP", "Tulip bulbs, 50 pieces", "plants", 2350, 0, "2026-09-01"),
    Product("THROW-WOOL", "Wool throw, heather", "home", 7900, 22),
    Product("VASE-SMOKE", "Smoked glass vase, 28 cm", "home", 3490, 37),
    Product("CANDLE-FIG", "Fig candle, 40 h", "home", 2390, 66),
    Product("MAT-COIR", "Coir doormat, finch", "home", 2990, 48),
    Product("TRAY-ROUND", "Round serving tray, acacia", "home", 2790, 34),
    Product("JUG-ENAMEL", "Enamel jug, 1.5 l", "home", 2640, 41),
    Product("BIRDBATH-STONE", "Cast stone bird bath", "garden", 9450, 7),
    Product("FEEDER-FINCH", "Finch feeder, copper roof", "garden", 3150, 52),
    Product("NESTBOX-LARCH", "Nest box, larch, 32 mm", "garden", 2850, 43),
    Product("FIREBOWL-60", "Steel fire bowl, 60 cm", "garden", 11900, 5),
)
