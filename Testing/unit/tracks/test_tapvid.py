"""TAP-Vid: shares told from px, and pickles that run no code."""

from __future__ import annotations

import io
import pickle

import numpy as np
import pytest
from PIL import Image

from EchoTrackerLib.commands.main import main
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracks.files import read_tracks
from EchoTrackerLib.tracks.known import Known

SIZE = 400, 300
PX = np.array([[[10.5, 20.5], [11.5, 21.5], [12.5, 22.5]], [[350.5, 280.5], [351.5, 281.5], [352.5, 282.5]]])
OCCLUDED = np.array([[False, False, True], [False] * 3])


@pytest.mark.parametrize("key", ["points", "tracks"])
@pytest.mark.parametrize("stored", ["shares", "px"])
def test_shares_and_px_give_the_same(tmp_path, key, stored):
    values = PX / SIZE if stored == "shares" else PX
    np.savez(tmp_path / "a.npz", **{key: values.astype(np.float32), "occluded": OCCLUDED})
    tracks = read_tracks(tmp_path / "a.npz", Known(SIZE))
    np.testing.assert_allclose(tracks.positions, PX - 0.5, atol=1e-3)
    np.testing.assert_array_equal(tracks.visible, ~OCCLUDED)
    assert tracks.size == SIZE


def test_what_is_hidden_does_not_decide(tmp_path):
    values = PX / SIZE
    values[0, 2] = 500
    np.savez(tmp_path / "a.npz", points=values, occluded=OCCLUDED)
    np.testing.assert_allclose(read_tracks(tmp_path / "a.npz", Known(SIZE)).positions[1], PX[1] - 0.5, atol=1e-3)


@pytest.mark.parametrize(
    ("points", "size", "says"),
    [
        ([[[0.3, 1.8]]], SIZE, "may be shares of the image size or px"),
        ([[[30.0, 250.0]]], SIZE, "256 x 256 grid"),
        ([[[900.0, 250.0]]], SIZE, "do not fit an image of 400 x 300"),
        ([[[0.3, 0.8]]], None, "not the size"),
    ],
)
def test_what_cannot_be_decided_is_refused(tmp_path, points, size, says):
    np.savez(tmp_path / "a.npz", points=np.array(points), occluded=np.zeros((1, 1), bool))
    with pytest.raises(BadInput, match=rf"a\.npz: .*{says}"):
        read_tracks(tmp_path / "a.npz", Known(size))


def test_px_of_a_file_that_says_its_size(tmp_path):
    np.savez(tmp_path / "a.npz", points=PX[:1], occluded=OCCLUDED[:1], size=np.array(SIZE))
    np.testing.assert_allclose(read_tracks(tmp_path / "a.npz").positions, PX[:1] - 0.5)


def jpegs():
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((SIZE[1], SIZE[0]), np.uint8)).save(buffer, "JPEG")
    return [buffer.getvalue()] * 3


def clip(shift=0.0, **more):
    video = np.zeros((3, SIZE[1], SIZE[0], 3), np.uint8)
    return {"video": video, "points": (PX + shift) / SIZE, "occluded": OCCLUDED, **more}


@pytest.mark.parametrize(
    ("document", "name"),
    [
        (clip(), ""),
        ({"goat": clip()}, ""),
        ({"car": clip(5), "goat": clip()}, "goat"),
        ([clip(5), clip()], "1"),
        ({"goat": clip(video=jpegs())}, "goat"),  # Kinetics keeps frames as JPEG
    ],
)
def test_pickles(tmp_path, document, name):
    (tmp_path / "set.pkl").write_bytes(pickle.dumps(document))
    tracks = read_tracks(tmp_path / "set.pkl", Known(clip=name))
    np.testing.assert_allclose(tracks.positions, PX - 0.5, atol=1e-3)
    assert tracks.size == SIZE


class Harm:
    """What a harmful pickle holds."""

    def __reduce__(self):
        return (eval, ("1/0",))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (pickle.dumps({"a": clip(), "b": clip()}), r"holds 2 clips \(a, b\); the clip's name must tell which"),
        (pickle.dumps({"a": clip(), "b": {"points": Harm()}}), "can run code"),
        (pickle.dumps({"a": 1}), "not a TAP-Vid set"),
        (b"no", "cannot be read|damaged"),
    ],
)
def test_pickles_that_are_refused(tmp_path, content, says):
    (tmp_path / "set.pkl").write_bytes(content)
    with pytest.raises(BadInput, match=rf"^set\.pkl: .*({says})") as error:
        read_tracks(tmp_path / "set.pkl")
    assert str(error.value).count("set.pkl") == 1


def test_on_the_command_line(tmp_path, capsys):
    (tmp_path / "set.pkl").write_bytes(pickle.dumps({"car": clip(5), "goat": clip()}))
    target = tmp_path / "goat.npz"
    assert main(["convert", str(tmp_path / "set.pkl"), str(target), "--clip", "goat"]) == 0
    assert main(["evaluate", "--truth", str(tmp_path / "set.pkl"), "--estimate", str(target), "--clip", "goat"]) == 0
    assert "100.0" in capsys.readouterr().out
    assert main(["convert", str(tmp_path / "set.pkl"), str(target)]) == 2
    assert "On the command line: --clip NAME" in capsys.readouterr().err
