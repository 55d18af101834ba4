"""How long systole lasts in people at rest, against which a wall that ends late is noticed."""

from __future__ import annotations

_AT_ZERO_S, _PER_BEAT_S = 0.5405, 0.0021
_Q_TO_R_S = 0.031


def usual_systole_s(cycle_s: float) -> float:
    """Return the time from the R wave to aortic valve closure that is usual at rest, s.

    Electromechanical systole (from the beginning of the QRS complex to the second heart sound) was 541 ms - 2.2 HR in
    men and 540 ms - 2.0 HR in women without heart disease (Chest 1981;80:613-617, doi 10.1378/chest.80.5.613); their
    mean is taken, less the time from there to the peak of the R wave (normally under 40 ms; 31 ms was chosen on drawn
    hearts). It is no estimate of one patient's closure, which disease and drugs move: where the wall ends much later,
    end-systole is doubted, never moved.

    Args:
        cycle_s: duration of the cycle, s.
    """
    return _AT_ZERO_S - _PER_BEAT_S * 60.0 / cycle_s - _Q_TO_R_S
