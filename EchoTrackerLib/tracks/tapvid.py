"""TAP-Vid style arrays: `points` float32 [N, T, 2], (x, y) as shares of width and height, `occluded` bool [N, T].

TAP-Vid (Doersch et al., NeurIPS 2022, https://github.com/google-deepmind/tapnet) uses raster coordinates: 0 is the
outer edge of the first pixel, so a pixel's center lies at +0.5. Here the center of the top-left pixel is the origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Optional

import numpy as np

from ..cine.times import UNKNOWN, rising
from ..errors import BadInput
from ..i18n import tr as _
from .files import SOURCES, labels_from, size_from, spacing_from
from .tracks import Tracks


def is_tapvid(arrays: Mapping[str, np.ndarray]) -> bool:
    """Return whether the arrays look like TAP-Vid's."""
    return "points" in arrays or "tracks" in arrays


def tapvid_arrays(tracks: Tracks) -> dict[str, np.ndarray]:
    """Return TAP-Vid's arrays, `query_points` [N, 3] (t, y, x) in raster px, and what else is needed to come back.

    Raises:
        BadInput: the image size is unknown.
    """
    if tracks.size is None:
        raise BadInput(_("TAP-Vid files hold shares of the image size, which is unknown here. Give it (--size W H)."))
    raster = tracks.positions.astype(np.float64) + 0.5
    start = raster[:, tracks.query_frame]
    frame = np.full((tracks.n_points, 1), tracks.query_frame, dtype=np.float64)
    confidence = {} if tracks.confidence is None else {"confidence": tracks.confidence.astype(np.float32)}
    return {
        "points": (raster / np.asarray(tracks.size)).astype(np.float32),
        "occluded": ~tracks.visible,
        "query_points": np.concatenate([frame, start[:, ::-1]], axis=1).astype(np.float32),
        "size": np.array(tracks.size, dtype=np.int64),
        "labels": np.array(tracks.labels, dtype=np.str_),
        "times_s": tracks.times_s.astype(np.float64),
        **{name: np.array(getattr(tracks, name), dtype=np.str_) for name in SOURCES if getattr(tracks, name)},
        **({} if tracks.r_times_s is None else {"r_times_s": tracks.r_times_s}),
        **({} if tracks.heart_rate_bpm is None else {"heart_rate_bpm": np.array(tracks.heart_rate_bpm)}),
        "spacing_mm": np.array(tracks.spacing_mm or (np.nan, np.nan), dtype=np.float64),
        "query_frame": np.array(tracks.query_frame, dtype=np.int64),
        "tracker": np.array(tracks.tracker, dtype=np.str_),
        "weights_sha256": np.array(tracks.weights_sha256, dtype=np.str_),
        **confidence,
    }


def tracks_from_tapvid(arrays: Mapping[str, np.ndarray], size: Optional[tuple[int, int]] = None) -> Tracks:
    """Return tracks from TAP-Vid's `points` (shares of the size) or `tracks` (raster px).

    Args:
        arrays: the file's arrays; `size` (width, height) or `video` [T, rows, cols, ...] in it give the image size.
        size: (width, height) for files without either.

    Raises:
        BadInput: shapes that do not fit, or shares without an image size.
    """
    known = size_from(arrays.get("size")) or size
    if known is None and "video" in arrays and arrays["video"].ndim >= 3:
        known = (int(arrays["video"].shape[2]), int(arrays["video"].shape[1]))
    if "points" in arrays and known is None:
        raise BadInput(_("holds shares of the image size but not the size. Give it (--size W H)."))
    name = "points" if "points" in arrays else "tracks"
    raster = np.asarray(arrays[name], dtype=np.float64)
    if raster.ndim != 3 or raster.shape[2] != 2:
        raise BadInput(_("'{name}' must be [N, T, 2], not {value}.").format(name=name, value=list(raster.shape)))
    if name == "points":
        raster = raster * np.asarray(known, dtype=np.float64)
    n, t = raster.shape[:2]
    return Tracks(
        positions=(raster - 0.5).astype(np.float32),
        visible=_visible(arrays, raster),
        labels=labels_from(arrays.get("labels"), n),
        times_s=np.asarray(arrays["times_s"] if "times_s" in arrays else np.arange(t), dtype=np.float64),
        spacing_mm=spacing_from(arrays.get("spacing_mm")),
        query_frame=int(arrays["query_frame"]) if "query_frame" in arrays else 0,
        tracker=str(arrays["tracker"]) if "tracker" in arrays else "unknown",
        weights_sha256=str(arrays["weights_sha256"]) if "weights_sha256" in arrays else "",
        confidence=np.asarray(arrays["confidence"], dtype=np.float32) if "confidence" in arrays else None,
        size=known,
        r_times_s=rising(arrays["r_times_s"]) if "r_times_s" in arrays else None,
        heart_rate_bpm=float(arrays["heart_rate_bpm"]) if "heart_rate_bpm" in arrays else None,
        time_source=str(arrays["time_source"]) if "time_source" in arrays else "" if "times_s" in arrays else UNKNOWN,
        spacing_source=str(arrays.get("spacing_source", "")),
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
