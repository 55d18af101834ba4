"""Trackers: protocol, registry, EchoTracker, classical, external, and the worker process that runs them."""
