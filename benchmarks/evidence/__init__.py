"""How the ledger and its followers behave when there is much history."""
