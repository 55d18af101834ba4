"""The section "Compare"."""
