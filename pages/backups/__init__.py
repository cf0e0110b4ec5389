"""Backup and restore: one archive with the whole database and a manifest, and a check of every table after a restore.

`making` and `restoring` are what the commands call. `archive` writes and reads the file, `manifest` and `keys` say
whether a backup fits this portal, `postgres` and `sqlite` do what each database needs.
"""
