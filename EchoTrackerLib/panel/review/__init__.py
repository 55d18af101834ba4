"""The section "Review"."""
