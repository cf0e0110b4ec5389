"""Rosters: how a file is recognized, what a row says, how rows are read and written, and the list of problems.

`importing` and `writing` write, inside the transaction that an action opens or, batch by batch, in one of their own.
"""
