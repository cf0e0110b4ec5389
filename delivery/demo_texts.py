"""What the menu of the demo says of its products, by SKU, and the color in which each is drawn."""


def _texts(name: str, detail: str, color: str, description: str) -> dict[str, str]:
    return {"name": name, "detail": detail, "color": color, "description": description}


TEXTS = {
    "FL-HARBOR-35": _texts(
        "Harbor Haze",
        "Whole flower, 3.5 g",
        "green",
        "A bright daytime flower that smells of citrus and pine. Start with one breath and wait ten minutes.",
    ),
    "FL-CHARTER-35": _texts(
        "Charter Oak Kush",
        "Whole flower, 3.5 g",
        "lime",
        "A dense evening flower that smells of earth and wood. Start with one breath and wait ten minutes.",
    ),
    "FL-SOUND-35": _texts(
        "Quiet Sound",
        "Balanced flower, 3.5 g",
        "purple",
        "As much CBD as THC, for a mild beginning. Start with one or two breaths and wait ten minutes.",
    ),
    "FL-HARBOR-7": _texts(
        "Harbor Haze",
        "Whole flower, 7 g",
        "green",
        "The daytime flower with citrus and pine, in the larger jar. Start with one breath and wait ten minutes.",
    ),
    "FL-ELM-7": _texts(
        "Elm City Ground",
        "Ground flower, 7 g",
        "lime",
        "Ground and ready to pack, for hands that tire soon. Start with one breath and wait ten minutes.",
    ),
    "FL-RIDGE-14": _texts(
        "Ridgeline Reserve",
        "Whole flower, 14 g",
        "teal",
        "Our strongest flower. For people who know how they react: start with one breath and wait ten minutes.",
    ),
    "VP-HARBOR-500": _texts(
        "Harbor Haze cartridge",
        "Cartridge, 500 mg",
        "green",
        "Oil of Harbor Haze for a standard battery. Start with one short puff and wait ten minutes.",
    ),
    "VP-BALANCE-500": _texts(
        "Balance cartridge 1:1",
        "Cartridge, 500 mg",
        "teal",
        "As much CBD as THC, for a standard battery. Start with one short puff and wait ten minutes.",
    ),
    "VP-NIGHT-500": _texts(
        "Night Ferry cartridge",
        "Cartridge, 500 mg",
        "purple",
        "An evening oil with a little CBD, for a standard battery. Start with one short puff and wait ten minutes.",
    ),
    "VP-DAY-300": _texts(
        "Daylight pen",
        "All-in-one pen, 300 mg",
        "orange",
        "Charged and ready: nothing to screw together. Start with one short puff and wait ten minutes.",
    ),
    "VP-CHARTER-1000": _texts(
        "Charter Oak cartridge",
        "Cartridge, 1 g",
        "lime",
        "Oil of Charter Oak Kush in the larger cartridge. Start with one short puff and wait ten minutes.",
    ),
    "ED-BERRY-100": _texts(
        "Blueberry soft chews",
        "20 pieces of 5 mg",
        "blue",
        "Soft chews without gelatin, 5 mg of THC in each. Start with one piece and wait two hours before the next.",
    ),
    "ED-CITRUS-100": _texts(
        "Citrus soft chews 1:1",
        "20 pieces of 5 mg",
        "orange",
        "Each piece has 5 mg of THC and 5 mg of CBD. Start with one piece and wait two hours before the next.",
    ),
    "ED-COCOA-100": _texts(
        "Dark chocolate bar",
        "10 squares of 10 mg",
        "red",
        "Dark chocolate that breaks into ten squares. Start with half a square and wait two hours before the next.",
    ),
    "ED-BROWNIE-20": _texts(
        "Brownie",
        "One piece of 20 mg",
        "brown",
        "A moist brownie in one piece. Start with a quarter of it and wait two hours before the next.",
    ),
    "ED-MINT-50": _texts(
        "Peppermint lozenges",
        "20 pieces of 2.5 mg",
        "mint",
        "Small lozenges that melt in the mouth. Start with one piece and wait two hours before the next.",
    ),
    "TI-DAY-300": _texts(
        "Daytime drops",
        "Drops, 30 mL",
        "amber",
        "About 0.5 mg of THC in a drop, under the tongue. Start with five drops and wait two hours before the next.",
    ),
    "TI-BALANCE-300": _texts(
        "Balance drops 1:1",
        "Drops, 30 mL",
        "teal",
        "As much CBD as THC, under the tongue. Start with five drops and wait two hours before the next.",
    ),
    "TI-CALM-600": _texts(
        "Calm drops 1:20",
        "Drops, 30 mL",
        "blue",
        "Mostly CBD, with very little THC. Start with five drops in the evening and wait two hours before the next.",
    ),
    "TI-NIGHT-600": _texts(
        "Evening drops",
        "Drops, 30 mL",
        "purple",
        "About 1 mg of THC in a drop, under the tongue. Start with two drops and wait two hours before the next.",
    ),
    "CA-LOW-75": _texts(
        "Low-dose capsules",
        "30 capsules of 2.5 mg",
        "lime",
        "Small capsules for a careful beginning. Start with one capsule and wait two hours before the next.",
    ),
    "CA-STEADY-300": _texts(
        "Steady capsules",
        "30 capsules of 10 mg",
        "amber",
        "The same 10 mg of THC in every capsule. Start with one capsule and wait two hours before the next.",
    ),
    "CA-BALANCE-150": _texts(
        "Balance capsules 1:1",
        "30 capsules of 5 mg",
        "teal",
        "Each capsule has 5 mg of THC and 5 mg of CBD. Start with one capsule and wait two hours before the next.",
    ),
    "CA-STRONG-600": _texts(
        "Full-strength capsules",
        "30 capsules of 20 mg",
        "red",
        "For people who are used to a high dose. Take one capsule and wait two hours before the next.",
    ),
    "TO-BALM-200": _texts(
        "Warming balm",
        "Balm, 60 g",
        "amber",
        "For the skin over stiff joints and tired muscles. Rub in a thin layer and wash the hands after it.",
    ),
    "TO-LOTION-150": _texts(
        "Cooling lotion",
        "Lotion, 120 mL",
        "mint",
        "A light lotion, mostly CBD, that cools the skin. Rub in a thin layer and wash the hands after it.",
    ),
    "TO-PATCH-5": _texts(
        "Day patches",
        "5 patches of 20 mg",
        "pink",
        "A patch gives off 20 mg over a day. Start with one on the inner arm, and take it off before sleep.",
    ),
    "CO-WAX-500": _texts(
        "Harbor Haze wax",
        "Wax, 500 mg",
        "amber",
        "A strong extract of Harbor Haze. Start with a piece the size of a grain of rice and wait ten minutes.",
    ),
    "CO-ROSIN-1000": _texts(
        "Live rosin",
        "Rosin, 1 g",
        "orange",
        "Pressed from fresh flower, no solvents. Start with a piece the size of a grain of rice and wait ten minutes.",
    ),
    "CO-OIL-1000": _texts(
        "Whole-plant oil",
        "Syringe, 1 g",
        "brown",
        "Thick oil in a syringe without a needle. Start with a drop the size of a grain of rice and wait ten minutes.",
    ),
}
