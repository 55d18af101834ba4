"""Clips stored as volumes: NRRD, MetaImage, NIfTI."""
