"""How people write street addresses: which text names a post office box, and which two texts name one door."""

import re

from usaddress import STREET_NAMES

from ui.text import search_name

# A street may be called Post Office Box Lane or Box Hill Road: a box is followed by its number, or by no street's name.
IS_A_STREET = rf"(?!(?: [a-z'’-]+){{0,2}} (?:{'|'.join(sorted(STREET_NAMES))})\b)"
NUMBERED = r"[ :-]{0,2}(?:#|no\.?|n[uú]m\.?|number|n[uú]mero)? ?#? ?(?:[a-z]{1,2}[ -]?)?\d"
BOX = r"(?:lock ?)?(?:box|bx|drawer|drwr)(?![a-z])"
PO = r"\b(?:p[ ./-]{0,2}[o0][ ./-]{0,2}|post(?:al)? ?(?:(?:office|ofc|off)\.? )?)"
BOXES = (
    rf"{PO}{BOX}\.?{IS_A_STREET}",
    r"\bp[ ./-]{0,2}o[ ./-]{0,2}b\.? ?#?\d",
    r"\bp\.? ?[o0]\.? ?# ?[a-z]?\d",
    r"^p\.? ?o\.? ?\d",
    rf"\b(?:caller|lock|firm)[ -]?(?:box|bx|drawer|service){NUMBERED}",
    rf"^(?:box|bx|drawer|drwr){NUMBERED}",
    rf"\b(?:p\.? ?m\.? ?b|private mail ?box)\.?{NUMBERED}",
    rf"\bap(?:artado|do)\.? (?:postal|de correos?)\b|\bap(?:artado|do)\.?{NUMBERED}",
    r"\bcasilla (?:postal|de correos?)\b",
    r"\b(?:general delivery|lista de correos|poste restante)\b",
)
BOX_PATTERN = re.compile("|".join(BOXES), re.IGNORECASE)


def names_po_box(street: str, unit: str = "") -> bool:
    """Return whether an address reads like a post office box, a private mailbox or general delivery."""
    return any(BOX_PATTERN.search(" ".join(line.split())) for line in (street, unit, f"{street} {unit}"))


# The usual abbreviations of USPS Publication 28, appendices B and C, each for all ways to write the word.
ABBREVIATIONS = {
    long: short
    for short, written in {
        "aly": "alley", "ave": "avenue av aven avenu avn", "blvd": "boulevard boul bvd", "bldg": "building",
        "br": "branch", "brg": "bridge", "cir": "circle circ", "cmn": "common", "cmns": "commons", "cor": "corner",
        "ct": "court crt", "cv": "cove", "cres": "crescent", "xing": "crossing", "dr": "drive drv", "est": "estate",
        "ests": "estates", "expy": "expressway", "ext": "extension extn", "fld": "field", "flds": "fields",
        "fl": "floor flr piso", "frst": "forest", "ft": "fort", "gdns": "gardens", "gln": "glen", "grn": "green",
        "grv": "grove", "hbr": "harbor", "hts": "heights hgts", "hwy": "highway", "hl": "hill", "hls": "hills",
        "holw": "hollow", "is": "island", "jct": "junction", "lk": "lake", "lndg": "landing", "ln": "lane",
        "mnr": "manor", "mdw": "meadow", "mdws": "meadows", "mt": "mount", "mtn": "mountain", "orch": "orchard",
        "pkwy": "parkway pkway pky", "pl": "place", "plz": "plaza", "pt": "point", "rdg": "ridge", "riv": "river",
        "rd": "road", "rte": "route", "rm": "room", "sq": "square", "sta": "station", "st": "street str saint",
        "ter": "terrace terr", "trl": "trail", "tpke": "turnpike tpk turnpk", "vly": "valley", "vw": "view",
        "vlg": "village", "n": "north", "e": "east", "s": "south", "w": "west", "ne": "northeast", "nw": "northwest",
        "se": "southeast", "sw": "southwest", "frnt": "front", "lowr": "lower", "uppr": "upper", "bsmt": "basement",
        "1st": "first", "2nd": "second", "3rd": "third", "4th": "fourth", "5th": "fifth", "6th": "sixth",
        "7th": "seventh", "8th": "eighth", "9th": "ninth", "10th": "tenth",
    }.items()
    for long in written.split()
}  # fmt: skip
# Words that only say that a number follows: Apt 2, Unit 2 and #2 are one door.
NUMBER_FOLLOWS = {"apt", "apto", "apartment", "apartamento", "unit", "unidad", "no", "num", "numero", "number", "ste",
                  "suite"}  # fmt: skip
STUCK = r"(?<=\bapt)(?=\d)|(?<=\bunit)(?=\d)|(?<=\bste)(?=\d)"  # Apt2 is Apt 2
ORDINAL = r"(\d+)(?:st|nd|rd|th|ro|do|er|to)?"


def door_of(street: str, unit: str = "") -> str:
    """Return the door that an address names, in one spelling, to compare it with other addresses and not to show it.

    `40 Orange Street, Apt 2` and `40 orange st #2` are the same door, wherever the unit was typed.
    """
    words = search_name(re.sub(rf"[.,;:#]|{STUCK}", " ", f"{street} # {unit}", flags=re.IGNORECASE)).split()
    text = " ".join(ABBREVIATIONS.get(word, word) for word in words if word not in NUMBER_FOLLOWS)
    text = re.sub(rf"\b{ORDINAL} fl\b|\bfl {ORDINAL}\b", lambda found: f"fl {found[1] or found[2]}", text)
    text = re.sub(r"\b0+(?=\d)", "", text)
    return re.sub(r"\b(?:([a-z]) (\d+)|(\d+) ([a-z]))$", lambda found: "".join(filter(None, found.groups())), text)
