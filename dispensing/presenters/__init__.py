"""What papers of this app show, in words."""
