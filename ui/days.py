"""Days as options of commands."""

from datetime import date

from django.core.management.base import CommandError


def day_of(text: str, flag: str) -> date:
    """Return the day that an option of a command names; raise CommandError, which names the option."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{flag} {text!r} is no day. Write it as year-month-day, like 2026-11-25.") from error
    if not 2000 <= day.year <= 2100:
        raise CommandError(f"{flag} {text!r} is no day of these years. Write it as year-month-day, like 2026-11-25.")
    return day
