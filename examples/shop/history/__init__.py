"""A quarter of simulated conversations with the people of Bramble & Finch."""
