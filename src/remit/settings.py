"""Settings: one typed, described object, read once at start."""
