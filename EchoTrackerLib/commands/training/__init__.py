"""Commands that make weights."""
