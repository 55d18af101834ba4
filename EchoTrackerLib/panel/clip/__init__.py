"""The section "Clip"."""
