"""TAP-Vid style arrays: `points` float32 [N, T, 2], (x, y) as shares of width and height, `occluded` bool [N, T].

Files of other programs hold px in `points` as often: values tell shares from px, and what fits both is refused.

TAP-Vid (Doersch et al., NeurIPS 2022, https://github.com/google-deepmind/tapnet) uses raster coordinates: 0 is the
outer edge of the first pixel, so a pixel's center lies at +0.5. Here the center of the top-left pixel is the origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _
from .files import fact_arrays, facts_from_arrays, size_from
from .imports.pickles import decoded_video, tapvid_clips
from .known import Known
from .tracks import Tracks

_GRID = 256  # TAP-Vid evaluates in px of videos resized to 256 x 256
_SHARES = (-0.5, 1.5)  # a point that is visible lies in 0..1, or barely beside
_LEAST_PX = 2.0  # points all of which lie within the first two pixels are no points in px


def is_tapvid(arrays: Mapping[str, np.ndarray]) -> bool:
    """Return whether the arrays look like TAP-Vid's."""
    return "points" in arrays or "tracks" in arrays


def tapvid_arrays(tracks: Tracks) -> dict[str, np.ndarray]:
    """Return TAP-Vid's arrays, `query_points` [N, 3] (t, y, x) in raster px, and what else is needed to come back.

    Raises:
        BadInput: the image size is unknown.
    """
    if tracks.size is None:
        raise BadInput(_("TAP-Vid files hold shares of the image size, which is unknown here."), "--size W H")
    raster = tracks.positions.astype(np.float64) + 0.5
    start = raster[:, tracks.query_frame]
    frame = np.full((tracks.n_points, 1), tracks.query_frame, dtype=np.float64)
    confidence = {} if tracks.confidence is None else {"confidence": tracks.confidence.astype(np.float32)}
    return {
        "points": (raster / np.asarray(tracks.size)).astype(np.float32),
        "occluded": ~tracks.visible,
        "query_points": np.concatenate([frame, start[:, ::-1]], axis=1).astype(np.float32),
        **fact_arrays(tracks),
        **confidence,
    }


def tracks_from_pickle(path: Path, known: Known) -> Tracks:
    """Return the tracks of one clip of a TAP-Vid pickle.

    Raises:
        BadInput: it would run code, is no TAP-Vid set, or holds several clips and `known.clip` names none of them.
    """
    clips = tapvid_clips(path)
    if known.clip not in clips and len(clips) > 1:
        names = ", ".join(list(clips)[:5]) + (" ..." if len(clips) > 5 else "")
        raise BadInput(
            _("holds {count} clips ({names}); the clip's name must tell which.").format(count=len(clips), names=names),
            "--clip NAME",
        )
    clip: dict[str, Any] = dict(clips[known.clip] if known.clip in clips else next(iter(clips.values())))
    if "video" in clip:
        clip["video"] = np.asarray(decoded_video(clip["video"]))
    return tracks_from_tapvid({key: np.asarray(value) for key, value in clip.items()}, known.size)


def tracks_from_tapvid(arrays: Mapping[str, np.ndarray], size: Optional[tuple[int, int]] = None) -> Tracks:
    """Return tracks from TAP-Vid's `points` (shares of the size, or raster px) or `tracks` (raster px).

    Args:
        arrays: the file's arrays; `size` (width, height) or `video` [T, rows, cols, ...] in it give the image size.
        size: (width, height) for files without either.

    Raises:
        BadInput: shapes that do not fit, shares without an image size, or points that may be shares or px.
    """
    own = size_from(arrays.get("size"))
    if own is None and "video" in arrays and arrays["video"].ndim >= 3:
        own = (int(arrays["video"].shape[2]), int(arrays["video"].shape[1]))
    known = own or size
    name = "points" if "points" in arrays else "tracks"
    raster = np.asarray(arrays[name], dtype=np.float64)
    if raster.ndim != 3 or raster.shape[2] != 2:
        raise BadInput(_("'{name}' must be [N, T, 2], not {shape}.").format(name=name, shape=list(raster.shape)))
    visible = _visible(arrays, raster)
    if visible.shape != raster.shape[:2]:
        raise BadInput(
            _("visibility must be {wanted}, not {shape}.").format(
                wanted=list(raster.shape[:2]), shape=list(visible.shape)
            )
        )
    if _are_shares(name, raster, visible):
        if known is None:
            raise BadInput(_("holds shares of the image size but not the size."), "--size W H")
        raster = raster * np.asarray(known, dtype=np.float64)
    else:
        _check_px(raster[visible], known, own is not None)
    confidence = np.asarray(arrays["confidence"], dtype=np.float32) if "confidence" in arrays else None
    facts = {**facts_from_arrays(arrays, *raster.shape[:2]), "size": known}
    return Tracks(
        (raster - 0.5).astype(np.float32), visible & np.isfinite(raster).all(axis=2), confidence=confidence, **facts
    )


def _are_shares(name: str, points: np.ndarray, visible: np.ndarray) -> bool:
    """Return whether points [N, T, 2] are shares of the image size rather than px.

    Raises:
        BadInput: they may be either.
    """
    values = points[visible] if visible.any() else points
    values = values[np.isfinite(values)]
    if not values.size:
        return name == "points"
    if _SHARES[0] <= values.min() and values.max() <= _SHARES[1]:
        return True
    if values.max() > _LEAST_PX:
        return False
    raise BadInput(
        _(
            "'{name}' from {low:.3g} to {high:.3g} may be shares of the image size or px. Write "
            "shares from 0 to 1, or x_px and y_px in a CSV."
        ).format(name=name, low=values.min(), high=values.max())
    )


def _check_px(points: np.ndarray, size: Optional[tuple[int, int]], is_own: bool) -> None:
    """Check that visible points [M, 2] in px are those of the clip.

    Raises:
        BadInput: beside the image, or they may be px of TAP-Vid's grid; `is_own` when the file itself says the size.
    """
    if size is None or not points.size:
        return
    low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
    if (low < -0.5 * np.array(size)).any() or (high > 1.5 * np.array(size)).any():
        raise BadInput(
            _(
                "has points from ({x0:.0f}, {y0:.0f}) to ({x1:.0f}, {y1:.0f}) px, which do not fit an image of "
                "{width} x {height} px."
            ).format(x0=low[0], y0=low[1], x1=high[0], y1=high[1], width=size[0], height=size[1])
        )
    if not is_own and min(size) > _GRID and (high <= _GRID).all():
        raise BadInput(
            _(
                "has points in px, all below {grid}: those of the clip of {width} x {height} px, or of "
                "TAP-Vid's {grid} x {grid} grid. Write shares from 0 to 1, or add 'size' (width, height) to "
                "the file."
            ).format(grid=_GRID, width=size[0], height=size[1])
        )


def _visible(arrays: Mapping[str, np.ndarray], raster: np.ndarray) -> np.ndarray:
    """Return visible bool [N, T] from whichever of the usual keys there is."""
    for key in ("occluded", "occlusion"):
        if key in arrays:
            return ~np.asarray(arrays[key]).astype(bool)
    for key in ("visible", "visibles", "visibility"):
        if key in arrays:
            return np.asarray(arrays[key]).astype(bool)
    return np.asarray(np.isfinite(raster).all(axis=2))
