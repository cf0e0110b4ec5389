"""The desks of the Registrar and of who looks at certifications; each noun has its own module."""

from certification.admin import cards, certifications, people, reference, requests

__all__ = ["cards", "certifications", "people", "reference", "requests"]
