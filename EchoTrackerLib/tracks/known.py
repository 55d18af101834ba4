"""What is known of the clip on which a file of points or tracks was made."""

from __future__ import annotations

from typing import NamedTuple, Optional

from ..cine.cine import Cine
from ..errors import BadInput
from ..i18n import tr as _


class Known(NamedTuple):
    """Facts that many formats leave out.

    Attributes:
        size: (width, height) px of the clip, None when unknown.
        n_frames: its frames; None when unknown, then the last frame in the file ends it.
        clip: its name without suffix, for files that hold several clips; "" when unknown.
    """

    size: Optional[tuple[int, int]] = None
    n_frames: Optional[int] = None
    clip: str = ""

    def frame_count(self, last: int) -> int:
        """Return the number of frames of a file whose last frame with points is `last` (from 0).

        Raises:
            BadInput: the clip has fewer.
        """
        if self.n_frames is None:
            return last + 1
        if last >= self.n_frames:
            raise BadInput(
                _(
                    "was made on a clip of {count} frames or more, but this clip has {n_frames}. Choose the "
                    "clip it was made on."
                ).format(count=last + 1, n_frames=self.n_frames)
            )
        return self.n_frames


NOTHING_KNOWN = Known()


def known_of(cine: Cine) -> Known:
    """Return what a clip says."""
    return Known(cine.size, cine.n_frames, cine.name)
