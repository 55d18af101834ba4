"""A study of apical views in the scene: what it is made of, its bull's-eye in a view, the lit part of the wall."""
