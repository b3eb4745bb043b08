"""The life of one turn."""
