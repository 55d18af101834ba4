"""The section "Points"."""
