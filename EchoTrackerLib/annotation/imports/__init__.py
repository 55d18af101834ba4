"""Annotations that other programs wrote: CVAT's XML, EchoNet-Dynamic's tracings."""
