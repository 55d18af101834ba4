"""A drawn sample of tracks with what a person found in each; how to draw and what it says: `sampling`."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..errors import BadInput
from ..files import complete_file
from ..i18n import tr as _
from .sampling import ERROR_TYPES, ErrorRate, draw_sample, error_type_counts, estimate_error_rate, strata_of

FORM_COLUMNS = ("number", "file", "point", "errors")
RESULT_COLUMNS = (*FORM_COLUMNS, "stratum", "tracks_in_stratum", "confidence")
NO_ERROR = "none"
_SEPARATOR = ";"


@dataclass(frozen=True)
class SampledTrack:
    """One drawn track.

    Attributes:
        file: name of the track file, "" in a scene.
        point: label of the point.
        stratum: 0 is the lowest confidence.
        confidence: mean over the frames after the query, NaN when it was not computed.
        errors: of `ERROR_TYPES`; () for none, None when nobody looked yet.
    """

    file: str
    point: str
    stratum: int
    confidence: float
    errors: Optional[tuple[str, ...]] = None


@dataclass(frozen=True)
class Sample:
    """Drawn tracks in the order in which they are to be looked at.

    Attributes:
        seed: of the draw.
        sizes: (stratum, tracks of the whole set in it), by stratum.
        tracks: the drawn ones.
    """

    seed: int
    sizes: tuple[tuple[int, int], ...]
    tracks: tuple[SampledTrack, ...]

    @property
    def examined(self) -> int:
        """How many have been looked at."""
        return sum(track.errors is not None for track in self.tracks)


def new_sample(names: Sequence[tuple[str, str]], confidence: np.ndarray, n: int, seed: int) -> Sample:
    """Draw a sample stratified by confidence.

    Args:
        names: (file, point) of each track of the whole set.
        confidence: their mean confidence [N].
        n: how many to draw; at least one of each stratum is, without which nothing could be estimated.
        seed: equal seeds draw equal samples.

    Raises:
        BadInput: n is not positive, or there are no tracks.
    """
    if not len(names):
        raise BadInput(_("There are no tracks to draw from."))
    drawn, sizes = draw_sample(confidence, max(n, len(np.unique(strata_of(confidence)))) if n > 0 else n, seed)
    tracks = [SampledTrack(*names[d.track], d.stratum, float(confidence[d.track])) for d in drawn]
    return Sample(seed, tuple(sorted(sizes.items())), tuple(tracks))


def with_errors(sample: Sample, number: int, errors: Optional[Sequence[str]]) -> Sample:
    """Return the sample with what was found in one track (its 0-based number); None: not looked at.

    Raises:
        BadInput: an unknown error type.
    """
    found = None if errors is None else _known(errors)
    tracks = list(sample.tracks)
    tracks[number] = replace(tracks[number], errors=found)
    return replace(sample, tracks=tuple(tracks))


def next_unexamined(sample: Sample, after: int) -> Optional[int]:
    """Return the number of the next track nobody looked at, around the end; None when all are done."""
    count = len(sample.tracks)
    order = [(after + 1 + k) % count for k in range(count)] if count else []
    return next((i for i in order if sample.tracks[i].errors is None), None)


def error_rate(sample: Sample) -> Optional[ErrorRate]:
    """Return the estimated share of erroneous tracks in the whole set; None while a stratum has not been looked at."""
    counts = {s: (0, 0) for s, _size in sample.sizes}
    for track in sample.tracks:
        if track.errors is not None:
            errors, examined = counts[track.stratum]
            counts[track.stratum] = (errors + bool(track.errors), examined + 1)
    if any(examined == 0 for _errors, examined in counts.values()):
        return None
    return estimate_error_rate(counts, dict(sample.sizes))


def error_counts(sample: Sample) -> dict[str, int]:
    """Return how many of the examined tracks show each error type."""
    return error_type_counts([track.errors for track in sample.tracks if track.errors is not None])


def sample_document(sample: Sample) -> dict[str, Any]:
    """Return the sample as plain values for JSON."""
    return {
        "format": "echotracker-sample",
        "seed": sample.seed,
        "sizes": [list(pair) for pair in sample.sizes],
        "tracks": [
            {
                "file": track.file,
                "point": track.point,
                "stratum": track.stratum,
                "confidence": track.confidence if np.isfinite(track.confidence) else None,
                "errors": None if track.errors is None else list(track.errors),
            }
            for track in sample.tracks
        ],
    }


def sample_from_document(document: Any) -> Sample:
    """Return the sample of `sample_document`.

    Raises:
        BadInput: it is something else.
    """
    try:
        sizes = tuple((int(stratum), int(size)) for stratum, size in document["sizes"])
        tracks = tuple(
            SampledTrack(
                str(track["file"]),
                str(track["point"]),
                int(track["stratum"]),
                float("nan") if track["confidence"] is None else float(track["confidence"]),
                None if track["errors"] is None else _known(track["errors"]),
            )
            for track in document["tracks"]
        )
        if not {track.stratum for track in tracks} <= {stratum for stratum, _size in sizes}:
            raise ValueError("a stratum without size")
        return Sample(int(document["seed"]), sizes, tracks)
    except (TypeError, KeyError, ValueError) as error:
        raise BadInput(_("The sample is damaged ({error!r}). Draw it again.").format(error=error)) from error


def write_form(path: Path, sample: Sample) -> None:
    """Write the CSV to be filled in: one line a track, without its stratum, which the reader must not know."""
    lines = [(i + 1, t.file, t.point, _text(t.errors)) for i, t in enumerate(sample.tracks)]
    _write_csv(path, FORM_COLUMNS, lines)


def write_results(path: Path, sample: Sample) -> None:
    """Write everything that is known of the sample as CSV."""
    sizes = dict(sample.sizes)
    lines = [
        (i + 1, t.file, t.point, _text(t.errors), t.stratum, sizes[t.stratum], _number(t.confidence))
        for i, t in enumerate(sample.tracks)
    ]
    _write_csv(path, RESULT_COLUMNS, lines)


def read_form(path: Path, sample: Sample) -> Sample:
    """Return the sample with the errors that were filled into its form; an empty cell is "not looked at".

    Raises:
        BadInput: not the form of this sample, or an unknown error type.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(_("{name}: cannot be read ({error}).").format(name=path.name, error=error)) from error
    header = text.split("\n", 1)[0]
    # Spreadsheets of half of Europe write semicolons.
    rows = list(csv.DictReader(text.splitlines(), delimiter=";" if header.count(";") > header.count(",") else ","))
    for line, row in enumerate(rows, start=2):
        if not {"number", "point", "errors"} <= row.keys():
            raise BadInput(
                _("{name}: needs the columns {names}.").format(name=path.name, names=", ".join(FORM_COLUMNS))
            )
        number = int(row["number"]) - 1 if (row["number"] or "").strip().isdigit() else -1
        if not 0 <= number < len(sample.tracks) or sample.tracks[number].point != row["point"]:
            raise BadInput(
                _("{name}, line {line}: number {number} and point '{point}' are not in the sample.").format(
                    name=path.name, line=line, number=row["number"], point=row["point"]
                )
            )
        try:
            sample = with_errors(sample, number, _parsed(row["errors"] or ""))
        except BadInput as error:
            raise BadInput(_("{name}, line {line}: {error}").format(name=path.name, line=line, error=error)) from error
    return sample


def _text(errors: Optional[tuple[str, ...]]) -> str:
    return "" if errors is None else f" {_SEPARATOR} ".join(errors) or NO_ERROR


def _parsed(text: str) -> Optional[list[str]]:
    names = [name.strip().lower() for name in text.replace(",", _SEPARATOR).split(_SEPARATOR) if name.strip()]
    return None if not names else [] if names == [NO_ERROR] else names


def _known(errors: Sequence[str]) -> tuple[str, ...]:
    """Return the errors in the order of `ERROR_TYPES`, each once."""
    unknown = [str(name) for name in errors if name not in ERROR_TYPES]
    if unknown:
        raise BadInput(
            _("'{unknown}' is no error type. Use {no_error}, or one or more of: {names}.").format(
                unknown=unknown[0], no_error=NO_ERROR, names=", ".join(ERROR_TYPES)
            )
        )
    return tuple(name for name in ERROR_TYPES if name in errors)


def _number(value: float) -> str:
    return f"{value:.4f}" if np.isfinite(value) else ""


def _write_csv(path: Path, header: Sequence[str], lines: Sequence[Sequence[Any]]) -> None:
    with complete_file(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(lines)
