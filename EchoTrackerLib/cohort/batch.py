"""`batch`: every clip of a manifest tracked into a folder of its own, and one table of the results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..cine.cine import Cine
from ..files import whole_folder
from ..strain.strain import Strain
from ..tracking.request import Request
from ..tracks.tracks import Tracks
from .clip import StrainOptions, track_to_folder
from .engine import Engine, TaskOutcome
from .manifest import Row, columns, read_manifest
from .points import read_row, row_digest
from .result_folder import SUMMARY, SceneWriter, Summary
from .store import Store, code_digest, key_of
from .tracked import request_facts
from .trackers import choose

CLIPS = "clips"  # folder of the clips' folders
# The table's columns and their types; a manifest's own columns follow as text.
COLUMNS: Mapping[str, type] = {
    "id": str, "status": str, "reason": str, "folder": str, "clip": str, "tracker": str, "weights_sha256": str,
    "device": str, "wall": str, "view": str, "frames": int, "width_px": int, "height_px": int, "fps": float,
    "spacing_row_mm": float, "spacing_col_mm": float, "points": int, "query_frame": int, "mean_confidence": float,
    "ed_frame": int, "es_frame": int, "gls_percent": float, "drift_percent": float, "strain_void_because": str,
    "clip_sha256": str, "points_sha256": str, "warnings": str,
}  # fmt: skip


@dataclass(frozen=True)
class BatchSettings:
    """What is the same for all clips of a batch; picklable.

    Attributes:
        out: folder for the results.
        scratch: folder in it for unfinished ones (see `store.scratch_folder`).
        store: where tracks are kept.
        tracker: of rows that do not name theirs.
        settings, base: see `trackers.choose`.
        parts: see `result_folder.PARTS`.
        write_scene: see `result_folder.write_steps`.
    """

    out: Path
    scratch: Path
    store: Store
    tracker: str
    settings: Optional[Path]
    base: Request
    parts: tuple[str, ...]
    write_scene: SceneWriter


@dataclass(frozen=True)
class BatchClip:
    """One clip of a batch."""

    number: int
    row: Row
    job: BatchSettings

    @property
    def tracker(self) -> str:
        """The name of the row's tracker."""
        return self.row.text("tracker", self.job.tracker)

    @property
    def folder(self) -> Path:
        """Where its results are."""
        return self.job.out / CLIPS / self.row.id

    def key(self, request: Request) -> str:
        """Return the digest of all that the results depend on.

        Raises:
            BadInput: a file is missing.
        """
        names = {"clip": self.row.text("clip"), "tracker": self.tracker}
        facts = {**request_facts(request), "names": names, "parts": sorted(self.job.parts)}
        return key_of(row=row_digest(self.row), facts=facts, code=code_digest())


def make_clip_folder(task: BatchClip) -> dict[str, Any]:
    """Make a clip's folder unless it is there, made of the same things; return its row of the table.

    Raises:
        BadInput and its siblings: the clip, its points or the tracker cannot be used.
    """
    row, job, report = task.row, task.job, Summary()
    request = choose((task.tracker,), job.settings, job.base)[0].request
    key = task.key(request)
    finished = _finished(task.folder)
    if finished.get("key") == key:
        return dict(finished["result"])
    with report.stage("read clip"):
        points = read_row(row)
    report.facts.update(key=key, clip={"path": str((row.folder / row.text("clip")).absolute())})
    measurement = StrainOptions(row.frame("ed"), row.frame("es"), row.text("view"))
    with whole_folder(task.folder, job.scratch) as folder:
        tracks, strain, void = track_to_folder(
            folder, points, request, job.write_scene, report, job.parts, measurement, job.store
        )
        report.facts["result"] = _result(task, points.cine, tracks, strain, void, report)
        report.write(folder / SUMMARY)
    return dict(report.facts["result"])


def run_batch(
    manifest: Path, job: BatchSettings, engine: Engine, scratch: Path
) -> Iterator[TaskOutcome[BatchClip, dict[str, Any]]]:
    """Yield an outcome a clip, as they are finished."""
    tasks = (BatchClip(number, row, job) for number, row in enumerate(read_manifest(manifest)))
    yield from engine.run(make_clip_folder, tasks, scratch)


def table_columns(manifest: Path) -> dict[str, type]:
    """Return the columns of the table of results: ours, then the manifest's own as text."""
    return {**COLUMNS, **{name: str for name in columns(manifest) if name not in COLUMNS}}


def table_rows(manifest: Path, job: BatchSettings, reasons: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of the table in the manifest's order, read from the clips' folders.

    Args:
        manifest: the manifest.
        job: the batch that was run.
        reasons: number of a row that failed -> why.
    """
    for number, row in enumerate(read_manifest(manifest)):
        own = {name: text for name, text in row.values.items() if name not in COLUMNS}
        if number in reasons:
            facts = {"clip": row.text("clip"), "tracker": row.text("tracker", job.tracker), "view": row.text("view")}
            yield {"id": row.id, "status": "failed", "reason": reasons[number], **facts, **own}
        else:
            yield {**_finished(job.out / CLIPS / row.id).get("result", {}), **own}


def _finished(folder: Path) -> dict[str, Any]:
    """Return the summary of a finished folder; empty where there is none."""
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return summary if isinstance(summary, dict) and "result" in summary else {}


def _result(
    task: BatchClip, cine: Cine, tracks: Tracks, strain: Optional[Strain], void: str, report: Summary
) -> dict[str, Any]:
    spacing = cine.spacing_mm or (None, None)
    confidence = None if tracks.confidence is None else float(np.mean(tracks.confidence, dtype=np.float64))
    facts = {
        "id": task.row.id,
        "status": "done",
        "folder": f"{CLIPS}/{task.row.id}",
        "clip": task.row.text("clip"),
        "tracker": task.tracker,
        "weights_sha256": tracks.weights_sha256,
        "device": str(report.facts["device"]),
        "wall": str(tracks.options.get("wall", False)),
        "view": task.row.text("view"),
        "frames": cine.n_frames,
        "width_px": cine.size[0],
        "height_px": cine.size[1],
        "fps": cine.known_fps,
        "spacing_row_mm": spacing[0],
        "spacing_col_mm": spacing[1],
        "points": tracks.n_points,
        "query_frame": tracks.query_frame,
        "mean_confidence": confidence,
        "strain_void_because": void,
        "clip_sha256": report.facts["clip"]["sha256"],
        "points_sha256": report.facts["queries"]["sha256"],
        "warnings": " ".join(dict.fromkeys(report.warnings)),
    }
    if strain is not None:
        facts.update(ed_frame=strain.ed, es_frame=strain.es, gls_percent=strain.gls_percent)
        facts.update(drift_percent=strain.curve.drift_percent)
        facts["strain_void_because"] = getattr(strain, "void_because", "")
    return {name: None if isinstance(v, float) and not np.isfinite(v) else v for name, v in facts.items()}
