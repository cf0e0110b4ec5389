"""Uploaded photos: their kind by their content, and the picture drawn anew."""

from ui.bounded.run import run_bounded

PICTURES = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}


def kind_of(content: bytes) -> str | None:
    """Return JPEG or PNG by the first bytes, or None; the name of the file says nothing."""
    return next((kind for start, kind in PICTURES.items() if content.startswith(start)), None)


def drawn_anew(content: bytes, kind: str, *, longest_side: int, quality: int) -> bytes:
    """Return the picture as a JPEG of ours: upright, on white, not too large, without the place it was taken at.

    Only what is seen is kept, so nothing that hides in the file or behind it. Raises ui.bounded.refusals.Refusal.
    """
    answer = run_bounded("ui.bounded.pictures:draw", content, kind=kind, longest_side=longest_side, quality=quality)
    return answer.content
