"""The phantom's known motion without its images, which take seconds to make."""

from __future__ import annotations

import numpy as np

from EchoTrackerLib.phantom.parameters import PhantomParameters
from EchoTrackerLib.phantom.phantom import Phantom, generate


def known_motion(parameters: PhantomParameters) -> Phantom:
    """The phantom with black frames."""
    return generate(parameters, frames=np.zeros((parameters.frame_count, parameters.rows, parameters.cols), np.uint8))
