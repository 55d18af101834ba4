"""A study: up to three apical views of one heart, several clips each, timing shared, one bull's-eye."""
