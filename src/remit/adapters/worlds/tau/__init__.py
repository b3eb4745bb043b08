"""The airline and the shop of the tau benchmarks as worlds: tools written from their schemas and published outcomes."""
