"""The section "Track"."""
