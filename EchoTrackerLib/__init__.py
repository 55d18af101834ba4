"""EchoTracker for 3D Slicer: point tracking and strain in echocardiography (research use only).

One room a concept; a room imports only the rooms above it in this list:
cine, tracks, phantom, tracking, strain, training, scene, panel, commands.
"""

__version__ = "0.1.0"
