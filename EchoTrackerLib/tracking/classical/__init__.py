"""Speckle tracking without weights."""
