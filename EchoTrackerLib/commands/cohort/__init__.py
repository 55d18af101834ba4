"""Commands over many clips, on one engine and one store."""
