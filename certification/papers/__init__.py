"""What is printed: the certificate and the card, as one-page PDFs that come out the same each time they are made."""
