"""A clip: frames, times, pixel spacing; its readers and the overlay video."""
