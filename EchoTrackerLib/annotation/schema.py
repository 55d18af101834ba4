"""Point schemas: which points an annotator places, in which order, and to which wall segment each belongs.

A schema is a JSON file that can be shared:
`{"format": "echotracker-schema", "version": 1, "name": "A4C wall", "view": "A4C", "description": "...",
"points": [{"label": "basal inferoseptal 1", "segment": "basal inferoseptal"}, ...]}`; the points are in order along
the wall, `segment` may be missing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..files import complete_file
from ..i18n import tr as _
from ..resources import resource_path
from .annotation import Annotation

_FORMAT, _VERSION = "echotracker-schema", 1
_FOLDER = "Schemas"


@dataclass(frozen=True)
class Schema:
    """A point schema; `labels` and `segments` are in the order of annotation, a segment is "" without."""

    name: str
    labels: tuple[str, ...]
    segments: tuple[str, ...]
    view: str = "other"
    description: str = ""

    def __post_init__(self) -> None:
        if not self.name or not self.labels or len(self.labels) != len(self.segments):
            raise BadInput(_("A point schema needs a name and at least one point, each with a label and a segment."))
        if len(set(self.labels)) != len(self.labels) or "" in self.labels:
            raise BadInput(_("Schema '{name}': each point needs a name of its own.").format(name=self.name))


def schema_of(annotation: Annotation, name: str, view: str = "other") -> Schema:
    """Return names, order and segments of an annotation's points as a schema; where they are is left out.

    Raises:
        BadInput: the annotation has no points.
    """
    if not annotation.n_points:
        raise BadInput(_("This set has no points yet; a schema needs at least one."))
    return Schema(name, annotation.labels, annotation.segments, view)


def read_schema(path: Path) -> Schema:
    """Read a schema file.

    Raises:
        BadInput: not there or not a schema.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise BadInput(
            _("{name}: cannot be read as a point schema ({error}).").format(name=Path(path).name, error=error)
        ) from error
    if not isinstance(document, dict) or document.get("format") != _FORMAT or document.get("version") != _VERSION:
        raise BadInput(
            _("{name}: is not a point schema of version {version} ('format': '{format}').").format(
                name=Path(path).name, version=_VERSION, format=_FORMAT
            )
        )
    try:
        points: list[dict[str, Any]] = document["points"]
        return Schema(
            str(document["name"]),
            tuple(str(point["label"]) for point in points),
            tuple(str(point.get("segment", "")) for point in points),
            str(document.get("view", "other")),
            str(document.get("description", "")),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(
            _("{name}: every schema needs 'name' and 'points' with a 'label' each.").format(name=Path(path).name)
        ) from error
    except BadInput as error:
        raise BadInput(_("{name}: {error}").format(name=Path(path).name, error=error)) from error


def write_schema(path: Path, schema: Schema) -> None:
    """Write a schema file."""
    points = [{"label": label, "segment": segment} for label, segment in zip(schema.labels, schema.segments)]
    document = {
        "format": _FORMAT,
        "version": _VERSION,
        "name": schema.name,
        "view": schema.view,
        "description": schema.description,
        "points": points,
    }
    with complete_file(Path(path)) as partial:
        partial.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def shipped_schemas() -> list[Schema]:
    """Return the schemas that come with EchoTracker, in the order of their file names."""
    return [read_schema(path) for path in sorted(resource_path(_FOLDER).glob("EchoTracker*.json"))]
