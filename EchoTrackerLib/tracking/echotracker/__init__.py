"""EchoTracker (MICCAI 2024): the network, its checkpoints, and the tracker around them."""
