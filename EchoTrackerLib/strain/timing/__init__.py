"""End-diastole, end-systole and beats: sources in their order, and the search in the wall's own curve."""
