"""The wall in the image: where its inner and its outer border lie, searched near a template."""
