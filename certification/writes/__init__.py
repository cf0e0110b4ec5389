"""Writes that several actions share. Each runs inside the transaction of the action that calls it."""
