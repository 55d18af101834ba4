"""The module's settings and their page."""
