"""Labels as ZPL II, the language of label printers: 4 × 2 inches at 203 dots an inch, UTF-8.

The lines are those of the PDF. What the printer's own font does not hold, it leaves out: such names print as PDF.
"""

from collections.abc import Sequence

from dispensing.papers.label_layout import CODE_X, EDGE, HEIGHT, WIDTH, Face, Line

DOTS = 203 / 72  # a point
SQUARE = 6  # dots of a square of the code
CODE_SHIFT = 10  # dots by which printers draw a code below its place
ESCAPED = {"^": "_5E", "~": "_7E", "_": "_5F", "\\": "_5C_5C"}  # ^FB reads a backslash


def zpl_of(faces: Sequence[Face]) -> str:
    """Return the commands that print these faces, one after the other."""
    return "".join(map(_face, faces))


def escaped(text: str) -> str:
    """Return a text for ^FH: signs that are commands become hexadecimal, and control characters become spaces."""
    return "".join(ESCAPED.get(char, char if char.isprintable() else " ") for char in text)


def _face(face: Face) -> str:
    code = f"^FO{_dots(CODE_X)},{_dots(EDGE) - CODE_SHIFT}^BQN,2,{SQUARE}^FH^FDMA,{escaped(face.serial)}^FS"
    head = f"^XA^CI28^PW{_dots(WIDTH)}^LL{_dots(HEIGHT)}^LH0,0"
    return "\n".join([head, code, *map(_line, face.lines), "^XZ\n"])


def _line(line: Line) -> str:
    """Return one line; the printer's own font is as high as the PDF's, and narrower."""
    size, side = _dots(line.size), "R" if line.x > EDGE else "L"
    place = f"^FO{_dots(line.x)},{_dots(line.y)}^A0N,{size},{size}"
    return f"{place}^FB{_dots(line.width)},1,0,{side},0^FH^FD{escaped(line.text)}^FS"


def _dots(points: float) -> int:
    return round(points * DOTS)
