"""The labels and papers of this app: as PDF, and as ZPL for label printers."""
