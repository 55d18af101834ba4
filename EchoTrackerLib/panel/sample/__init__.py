"""The section "Sample"."""
