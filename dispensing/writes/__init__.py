"""What several actions write. Each write runs inside the caller's transaction."""
