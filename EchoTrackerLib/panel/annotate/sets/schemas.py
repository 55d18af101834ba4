"""What a new annotation set can begin with: tracks, a shipped or a user's point schema, free points, a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable, Optional

from ....annotation.schema import Schema, read_schema, shipped_schemas
from ....errors import BadInput
from ....i18n import tr as _

TRACKS, FREE, FILE, SCHEMA_FILE = "tracks", "free", "file", "schema file"
_SHIPPED, _OWN = "schema:", "own schema:"  # and number or path
SCHEMAS_SETTING = "EchoTracker/SchemaFiles"  # paths as JSON, the last used first
_MOST_FILES = 8

Setting = Callable[..., str]  # of `Dialogs`


class Schemas:
    """The schemas that come with EchoTracker, and the user's schema files that were written or read before."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._shipped: Optional[list[Schema]] = None
        self._own: dict[str, str] = {}  # path -> name, read when the setting was `_known`
        self._known = ""

    def starts(self) -> list[tuple[str, str]]:
        """Return (key, title) of each schema."""
        stored = self._setting(SCHEMAS_SETTING)
        if stored != self._known:
            self._known, self._own = stored, self._read_own()
        names = [(f"{_SHIPPED}{k}", schema.name) for k, schema in enumerate(self._all_shipped())]
        names += [(f"{_OWN}{path}", name) for path, name in self._own.items()]
        return [(key, _("Empty: {name}").format(name=name)) for key, name in names]

    def schema(self, key: str) -> Schema:
        """Return the schema of a key that `starts` gave; a file is read again.

        Raises:
            BadInput: the file is gone or no schema any more; it is not offered any longer.
        """
        if not key.startswith(_OWN):
            return self._all_shipped()[int(key[len(_SHIPPED) :])]
        path = key[len(_OWN) :]
        try:
            return read_schema(Path(path))
        except BadInput:
            self._setting(SCHEMAS_SETTING, json.dumps([known for known in self._paths() if known != path]))
            raise

    def read(self, path: Path) -> Schema:
        """Read a schema file and offer it from now on.

        Raises:
            BadInput: it is no schema.
        """
        schema = read_schema(path)
        self.remember(path)
        return schema

    def remember(self, path: Path) -> str:
        """Offer a schema file from now on, also in the next session; return its key."""
        paths = [str(path), *(known for known in self._paths() if known != str(path))]
        self._setting(SCHEMAS_SETTING, json.dumps(paths[:_MOST_FILES]))
        self._known = ""  # the file may have another content than when it was read before
        return f"{_OWN}{path}"

    def _all_shipped(self) -> list[Schema]:
        if self._shipped is None:
            self._shipped = shipped_schemas()
        return self._shipped

    def _paths(self) -> list[str]:
        try:
            paths = json.loads(self._setting(SCHEMAS_SETTING) or "[]")
        except ValueError:
            return []
        return [str(path) for path in paths] if isinstance(paths, list) else []

    def _read_own(self) -> dict[str, str]:
        """Return path -> name of the files that are there; a drive may be away only today, so none is forgotten."""
        found = {}
        for path in self._paths():
            try:
                found[path] = read_schema(Path(path)).name
            except BadInput:
                continue
        return found
