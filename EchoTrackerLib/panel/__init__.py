"""The module panel: presenters (no Qt) and views (Qt)."""
