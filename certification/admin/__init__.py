"""The admin of certifications and patients, with a module for each noun."""

from certification.admin import cards, certifications, mailing, people, reference, requests

__all__ = ["cards", "certifications", "mailing", "people", "reference", "requests"]
