"""Each row of docs/reading.md is backed by the test that it names."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "reading.md"
NAMED = re.compile(r"`([\w./]+\.py)::(test_\w+)`")


def rows():
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return [line for line in lines if not line.startswith("| ---") and not line.rstrip().endswith("| test |")]


def test_every_row_names_a_test_that_exists():
    found = rows()
    assert len(found) > 30
    for row in found:
        tests = NAMED.findall(row.rsplit("|", 2)[1])
        assert len(tests) == 1, row
        path = ROOT / "Testing" / "unit" / "cine" / tests[0][0]
        tree = ast.parse(path.resolve().read_text(encoding="utf-8"))
        assert tests[0][1] in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, row
