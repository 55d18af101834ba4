"""Files with weights: broken in any way, they end in one line; no code of them is run."""

from __future__ import annotations

import hashlib
import pickle
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracking.weights import load_state, read_file, read_tensors

LOOK = "Pick the right one."


def net() -> torch.nn.Module:
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Linear(5, 3))


def read(path):
    """Read and load as every tracker does."""
    file = read_file(path)
    model = net()
    load_state(model, read_tensors(file, LOOK)[0], file.name, "Some net", LOOK)
    return model


@pytest.fixture
def good(tmp_path):
    """The same weights in the three formats that are in use."""
    state = net().state_dict()
    torch.save({"model": state}, tmp_path / "zip.pth")
    torch.save(state, tmp_path / "legacy.pth", _use_new_zipfile_serialization=False)
    save_file(state, tmp_path / "plain.safetensors")
    return [tmp_path / name for name in ("zip.pth", "legacy.pth", "plain.safetensors")]


def test_good_files_load(good):
    for path in good:
        for found, wanted in zip(read(path).parameters(), net().parameters()):
            assert torch.equal(found, wanted)
        assert read_file(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_cut_and_flipped_files_end_in_one_line(good, tmp_path):
    rng = np.random.default_rng(7)
    refused = 0
    for path in good:
        content = path.read_bytes()
        cuts = [content[: int(n)] for n in rng.integers(0, len(content), 25)]
        flipped = []
        for at in rng.integers(0, len(content), 60):
            wrong = bytearray(content)
            wrong[at] ^= 1 << int(rng.integers(0, 8))
            flipped.append(bytes(wrong))
        for broken in (*cuts, *flipped):
            target = tmp_path / f"broken{path.suffix}"
            target.write_bytes(broken)
            try:
                read(target)  # a flipped digit of a file without checksums cannot be seen
            except BadInput as error:
                refused += 1
                assert str(error).startswith(target.name) and "\n" not in str(error)
    assert refused > 150


def test_a_flipped_weight_is_seen_where_the_file_has_checksums(good, tmp_path):
    content = bytearray(good[0].read_bytes())
    data = net()[0].weight.detach().numpy().tobytes()
    content[bytes(content).index(data) + 5] ^= 16
    path = tmp_path / "flipped.pth"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"flipped\.pth: damaged"):
        read(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 4000,
        b"<!DOCTYPE html><html>404</html>",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 5\n",
        pickle.dumps({"a": 1}),
        pickle.dumps([1, 2]),
        b"\x80\x02}q\x00.",
        bytes(8) + b"{not json",
    ],
    ids=["empty", "zeros", "web page", "git lfs", "pickle", "list", "empty dict", "header"],
)
def test_other_files_end_in_one_line(content, tmp_path):
    path = tmp_path / "other.pth"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"^other\.pth: [^\n]*$"):
        read(path)


def test_folder_zip_and_absent_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "papers.zip", "w") as archive:
        archive.writestr("a.txt", "nothing")
    for name in ("papers.zip", "absent.pth"):
        with pytest.raises(BadInput, match=name):
            read(tmp_path / name)
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path)


def test_weights_of_other_networks_and_without_numbers(tmp_path):
    state = net().state_dict()
    wrong = {
        "shape": {**state, "0.weight": torch.zeros(2, 2)},
        "missing": {"0.weight": state["0.weight"]},
        "unknown": {**state, "2.weight": torch.zeros(2)},
        "nan": {**state, "0.bias": torch.full((5,), float("nan"))},
        "integers": {**state, "0.bias": [1, 2, 3]},
    }
    for name, content in wrong.items():
        torch.save(content, tmp_path / f"{name}.pth")
        with pytest.raises(BadInput, match=rf"{name}\.pth"):
            read(tmp_path / f"{name}.pth")


def test_training_checkpoint_with_a_function_in_its_scheduler(tmp_path):
    """As PIPs++ is published: older PyTorch keeps one of its own functions in the scheduler's state."""
    path = tmp_path / "model-000200000.pth"
    scheduler = {"total_steps": 200100, "anneal_func": torch.optim.lr_scheduler.OneCycleLR._annealing_cos}
    torch.save({"model_state_dict": net().state_dict(), "scheduler_state_dict": scheduler}, path)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path, weights_only=True)
    assert torch.equal(read(path)[0].weight, net()[0].weight)


def test_names_that_are_left_out_open_no_door(tmp_path, capsys):
    class Evil:
        def __reduce__(self):
            return getattr, (torch.optim.lr_scheduler.OneCycleLR, "__init__")

    class Worse:
        def __reduce__(self):
            return print, ("this must never be printed",)

    for extra, refused in ((Evil(), False), (Worse(), True)):
        path = tmp_path / "evil.pth"
        torch.save({"model": net().state_dict(), "extra": extra}, path)
        if refused:
            with pytest.raises(BadInput, match="would run code"):
                read(path)
        else:
            loaded = read_tensors(read_file(path), LOOK)[0]  # the function is read as nothing
            assert set(loaded) == set(net().state_dict())
    assert "never" not in capsys.readouterr().out
