"""The world of Bramble & Finch, a fictional home-and-garden store."""
