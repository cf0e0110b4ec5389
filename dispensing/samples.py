"""Made-up words for each kind of message of this app, and who gets it when. No row of the database is read."""

from notifications import kinds


def register_samples() -> None:
    """Say who gets which message of this app, and show what it says."""
    kinds.describe(
        "report_alarm",
        readers="Pharmacists and Managers",
        when="A dispensing is not reported after 50 minutes, or the program did not find what a void takes back.",
        samples=lambda: {
            "": {"why": "late", "late": 2, "zero": 0},
            "a void not found": {"why": "delete_not_found", "answer": 1},
        },
        is_in_english=True,
    )
