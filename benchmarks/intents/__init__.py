"""How well customers are understood, measured on real messages beside the checkout."""
