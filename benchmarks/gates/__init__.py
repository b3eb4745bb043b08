"""What a look at the gates of fifty intents costs on a long ledger."""
