"""Keys that see every change, results kept whole, scratch folders that never stay."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from EchoTrackerLib.cohort.store import Store, digest, key_of, scratch_folder
from EchoTrackerLib.cohort.tracked import request_facts
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracking.request import Request


def test_digests_see_content_and_not_names_or_times(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(b"1")
    b.write_bytes(b"1")
    assert digest(a) == digest(b) == "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
    b.write_bytes(b"22")
    assert digest(a) != digest(b)
    folder = tmp_path / "frames"
    folder.mkdir()
    (folder / "1.png").write_bytes(b"x")
    first = digest(folder)
    (folder / "1.png").rename(folder / "2.png")
    assert digest(folder) != first  # the frames' order is in their names
    with pytest.raises(BadInput, match="none"):
        digest(tmp_path / "none")


def test_keys_depend_on_every_part() -> None:
    assert key_of(a=1, b="x") == key_of(b="x", a=1)
    assert len({key_of(a=1), key_of(a=2), key_of(b=1), key_of(a=1, b=None)}) == 4


def test_what_is_kept_comes_back_and_damage_is_no_result(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as scratch:
        store = Store(tmp_path, scratch)
        key = key_of(x=1)
        assert store.load(key) is None and store.load_arrays(key) is None
        store.keep(key, {"gls": None, "n": 3})
        store.keep_arrays(key, {"a": np.arange(3.0), "text": np.array("ü")})
        assert store.load(key) == {"gls": None, "n": 3}
        kept = store.load_arrays(key)
        assert kept is not None and kept["a"].tolist() == [0, 1, 2] and str(kept["text"]) == "ü"
        for path in tmp_path.rglob(f"{key}*"):
            path.write_bytes(path.read_bytes()[:-7])
        assert store.load(key) is None and store.load_arrays(key) is None
    assert not list(tmp_path.glob(".*"))


def test_scratch_folders_of_killed_processes_are_swept_and_others_stay(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from EchoTrackerLib.cohort.store import scratch_folder\n"
        "with scratch_folder(Path(sys.argv[1])) as s:\n"
        "    (s / 'half').write_text('x'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    left = list(tmp_path.glob(".*"))
    assert len(left) == 1 and (left[0] / "half").exists()
    with scratch_folder(tmp_path) as first:
        assert not left[0].exists()
        with scratch_folder(tmp_path) as second:  # another run at the same time
            assert first.exists() and second.exists()
        assert first.exists() and not second.exists()
    assert not list(tmp_path.glob(".*"))


def test_changed_weights_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "mine.pth"
    path.write_bytes(b"1")
    before = request_facts(Request("echotracker", weights=path))
    path.write_bytes(b"2")
    assert request_facts(Request("echotracker", weights=path)) != before
    assert str(tmp_path) not in str(before)  # the same file elsewhere is the same
