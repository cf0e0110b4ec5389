"""What several actions write. Each function runs inside the transaction of the action that calls it."""
