"""Backup and restore: one archive with the whole database and a manifest, and a check of every table after a restore.

The commands call `making` and `restoring`. `archive` writes and reads the file, `manifest` and `keys` check whether a
backup fits this portal, `postgres` and `sqlite` do the work that each database needs.
"""
