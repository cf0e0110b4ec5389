"""The papers of this app, as PDF and CSV."""
