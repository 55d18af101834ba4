"""What every file of the scene needs of MRML: nodes, values, image plane, frames, layouts, colors, drawn lines."""
