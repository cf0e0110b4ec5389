"""The admin's pages of accounts and physicians; each noun has its own module."""

from accounts.admin import applications, mfa, physicians, proofs, rosters, users

__all__ = ["applications", "mfa", "physicians", "proofs", "rosters", "users"]
