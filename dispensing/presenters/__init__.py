"""What labels and papers of this app say."""
