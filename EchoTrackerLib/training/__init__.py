"""Training: data pipeline, augmentation, loss, loop, evaluation."""
