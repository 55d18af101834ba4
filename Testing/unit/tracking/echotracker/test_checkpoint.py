"""Which weights' files are taken, which are refused, and with which words."""

from __future__ import annotations

import hashlib
import pickle
from functools import lru_cache

import pytest
import torch
from safetensors.torch import save_file

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracking.echotracker.checkpoint import read_checkpoint
from EchoTrackerLib.tracking.echotracker.network import EchoTrackerNet


@lru_cache(maxsize=1)
def weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    return {name: value.contiguous() for name, value in EchoTrackerNet().state_dict().items()}


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("nested", [True, False])
def test_published_forms_load(tmp_path, prefix, nested):
    state = {prefix + name: value for name, value in weights().items()}
    path = tmp_path / "Gewichte-ä.pth"
    torch.save({"model_state_dict": state, "optimizer_state_dict": {}} if nested else state, path)
    checkpoint = read_checkpoint(path)
    EchoTrackerNet().load_state_dict(checkpoint.state)
    assert all(torch.equal(checkpoint.state[name], value) for name, value in weights().items())
    assert checkpoint.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert checkpoint.query_mode is None


def test_safetensors_says_its_query_mode(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_file(weights(), path, metadata={"query_mode": "any"})
    checkpoint = read_checkpoint(path)
    assert checkpoint.query_mode == "any"
    assert torch.equal(checkpoint.state["linear.weight"], weights()["linear.weight"])


def test_safetensors_says_where_its_refinement_begins(tmp_path):
    path = tmp_path / "weights.safetensors"
    for metadata, start in (({}, "coarse"), ({"start": "half"}, "half")):
        save_file(weights(), path, metadata=metadata)
        assert read_checkpoint(path).start == start
    save_file(weights(), path, metadata={"start": "third"})
    with pytest.raises(BadInput, match=r"weights\.safetensors: its start 'third' is unknown \(coarse or half"):
        read_checkpoint(path)


class RunsCode:
    def __reduce__(self):
        return (print, ("this must never be printed",))


def test_code_is_refused_and_not_run(tmp_path, capsys):
    path = tmp_path / "evil.pth"
    torch.save({"model_state_dict": weights(), "extra": RunsCode()}, path)
    with pytest.raises(BadInput, match=r"evil\.pth.*run code"):
        read_checkpoint(path)
    plain = tmp_path / "plain.pkl"
    plain.write_bytes(pickle.dumps(RunsCode()))
    with pytest.raises(BadInput, match=r"plain\.pkl"):
        read_checkpoint(plain)
    assert "never" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"updateformer.input_transform.weight": torch.zeros(3)}, "CoTracker"),
        ({"torch_pips_mixer.linear.weight": torch.zeros(3)}, "TAPIR"),
        ({"delta_block.first_block_conv.conv.weight": torch.zeros(3)}, r"PIPs\+\+"),
        ({"optimizer_state_dict": {"state": {}}}, "optimizer"),
        ({"epoch": 3}, "no weights"),
        ([1, 2], "no weights"),
    ],
)
def test_wrong_files_are_named(tmp_path, content, words):
    path = tmp_path / "wrong.pth"
    torch.save(content, path)
    with pytest.raises(BadInput, match=words):
        read_checkpoint(path)


def test_changed_shape_extra_tensor_and_nan_are_named(tmp_path):
    path = tmp_path / "other.pth"
    torch.save({**weights(), "linear.weight": torch.zeros(392, 392)}, path)
    with pytest.raises(BadInput, match=r"linear\.weight.*\[392, 588\]"):
        read_checkpoint(path)
    torch.save({**weights(), "attention.weight": torch.zeros(4)}, path)
    with pytest.raises(BadInput, match="1 unknown"):
        read_checkpoint(path)
    torch.save({**weights(), "linear.bias": torch.full((392,), float("nan"))}, path)
    with pytest.raises(BadInput, match="not numbers"):
        read_checkpoint(path)


def test_torchscript_is_named(tmp_path):
    path = tmp_path / "scripted.pt"
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), str(path))
    with pytest.raises(BadInput, match="TorchScript"):
        read_checkpoint(path)


def test_damaged_files(tmp_path):
    good = tmp_path / "good.safetensors"
    save_file(weights(), good)
    for name, content in {
        "cut.safetensors": good.read_bytes()[:5000],
        "text.pth": b"not a checkpoint",
        "empty.pth": b"",
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(BadInput, match=name):
            read_checkpoint(path)
    with pytest.raises(BadInput, match="cannot be read"):
        read_checkpoint(tmp_path / "absent.pth")
