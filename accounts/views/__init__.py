"""The pages of accounts; each noun has its own module."""
