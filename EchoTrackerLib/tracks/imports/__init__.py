"""Points and tracks that other programs wrote: DeepLabCut, SLEAP, TAP-Vid's pickles, Slicer's markups."""
