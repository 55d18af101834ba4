"""WallNet: a small tracker of this project that matches speckle and couples the points along the wall."""
