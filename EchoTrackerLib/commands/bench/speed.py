"""`echotracker bench speed`: what the trackers cost, as ratios taken side by side on this machine."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable

from ...errors import BadInput
from ...files import complete_file
from ...tracking.registry import create_tracker, missing_packages, tracker_info
from ...tracking.tracker import TrackerOptions
from ..output import add_command

SIZE = 256
# Runs in a fresh process: peak memory above the interpreter with torch loaded, and the whole peak, in MB.
_MEMORY = """
import json, resource, sys
import torch
def peak():
    if sys.platform == "linux":  # ru_maxrss would begin with what the parent process held
        line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
before = peak()
from EchoTrackerLib.tracking.echotracker.network import EchoTrackerNet, Groups
frames, points = int(sys.argv[1]), int(sys.argv[2])
net = EchoTrackerNet().eval()
video = torch.randint(0, 256, (frames, 1, 256, 256), dtype=torch.uint8)
queries = 255 * torch.rand(points, 2)
with torch.inference_mode():
    net(video, queries, groups=Groups(frames=1, point_frames=2048))
print(json.dumps({"above_torch_mb": peak() - before, "peak_mb": peak()}))
"""


def add_subparser(subparsers: Any) -> None:
    """Add `speed` to the subparsers of `bench`."""
    parser = add_command(
        subparsers,
        "speed",
        "Time the EchoTracker network against its parts, the classical tracker against optical flow.",
        "bench speed",
    )
    parser.add_argument("--frames", type=int, default=48, metavar="S", help="frames of the clip (default 48)")
    parser.add_argument("--points", type=int, default=100, metavar="N", help="points (default 100)")
    parser.add_argument("--repeats", type=int, default=3, metavar="R", help="runs of each; the fastest counts")
    parser.add_argument(
        "--memory",
        nargs=2,
        type=int,
        action="append",
        default=[],
        metavar=("S", "N"),
        help="also the peak memory of S frames and N points in a fresh process; may be given several times",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the figures as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; return the exit code."""
    if arguments.frames < 2 or arguments.points < 1 or arguments.repeats < 1:
        raise BadInput("bench speed needs at least 2 frames, 1 point and 1 repeat.")
    figures: dict[str, Any] = measure_speed(arguments.frames, arguments.points, arguments.repeats)
    figures["classical"] = measure_classical(arguments.frames, arguments.points, arguments.repeats)
    for frames, points in arguments.memory:
        figures[f"memory_{frames}x{points}"] = measure_memory(frames, points)
    text = json.dumps(figures, indent=2)
    if arguments.out is not None:
        with complete_file(arguments.out) as partial:
            partial.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")
    return 0


def measure_speed(frames: int, points: int, repeats: int) -> dict[str, Any]:
    """Return seconds (the fastest of `repeats` rounds, all parts in each round) and the ratios between them.

    `whole_to_parts` is the whole call over its own two encoder passes plus five DeltaBlock passes alone;
    `plain_to_encoders` is the plain PyTorch form of the encoders, all frames at once, over the encoders here.
    """
    import torch

    from ...tracking.echotracker.network import EchoTrackerNet, Groups

    torch.manual_seed(0)
    net = EchoTrackerNet().eval()
    video = torch.randint(0, 256, (frames, 1, SIZE, SIZE)).float()
    queries = (SIZE - 1) * torch.rand(points, 2)
    groups = Groups(frames=1, point_frames=2048)
    normalised = 2 * video / 255 - 1
    parts: dict[str, Callable[[], object]] = {
        "whole": lambda: net(video, queries, groups=groups),
        "encoders": lambda: [encode(f[None]) for f in normalised for encode in (net.fnet, net.fnet_fine)],
        "delta_blocks": delta_block_passes(net, frames, points, groups.point_frames),
        "plain_encoders": lambda: [plain_encode(e, normalised) for e in (net.fnet, net.fnet_fine)],
    }
    seconds = dict.fromkeys(parts, float("inf"))
    with torch.inference_mode():
        for _ in range(repeats):
            for name, call in parts.items():
                start = time.perf_counter()
                call()
                seconds[name] = min(seconds[name], time.perf_counter() - start)
    return {
        "frames": frames,
        "points": points,
        "threads": torch.get_num_threads(),
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "whole_to_parts": round(seconds["whole"] / (seconds["encoders"] + seconds["delta_blocks"]), 3),
        "plain_to_encoders": round(seconds["plain_encoders"] / seconds["encoders"], 3),
    }


def measure_classical(frames: int, points: int, repeats: int) -> dict[str, Any]:
    """Return processor seconds of the classical tracker and of a chain of OpenCV's DIS flow on one synthetic clip.

    `to_optical_flow` is their ratio, taken side by side: the fastest of `repeats` rounds of each on the CPU; None
    where OpenCV is not installed.
    """
    from ...phantom.parameters import draw_parameters
    from ...phantom.phantom import generate
    from ...phantom.sample import wall_points

    phantom = generate(draw_parameters(0, n_frames=frames))
    wall = wall_points(phantom, "mid", points)
    names = [name for name in ("classical", "optical-flow") if not missing_packages(tracker_info(name))]
    seconds = dict.fromkeys(names, float("inf"))
    for _round in range(repeats):
        for name in names:
            tracker = create_tracker(name, TrackerOptions(device="cpu", wall=True))
            start = time.process_time()
            tracker.track(phantom.cine, wall, phantom.ed_frame)
            seconds[name] = min(seconds[name], time.process_time() - start)
    both = len(names) == 2
    return {
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "to_optical_flow": round(seconds["classical"] / seconds["optical-flow"], 2) if both else None,
    }


def delta_block_passes(net: Any, frames: int, points: int, point_frames: int) -> Callable[[], None]:
    """Return a call of one spatial and four temporal DeltaBlocks on ready-made inputs, in the network's groups."""
    import torch

    size = max(1, point_frames // frames)
    blocks = [net.delta_block_spatial] + 4 * [net.delta_block_temporal]
    ready = []
    for block in blocks:
        width = block.split[0] + block.split[2]
        weight = 0.01 * torch.randn(64, width, 3)
        ready.append((block, torch.randn(points, width, frames), weight, torch.randn(1, 64, frames)))

    def passes() -> None:
        for block, inputs, weight, term in ready:
            for group in inputs.split(size):
                block(group, weight, term)

    return passes


def plain_encode(encoder: Any, frames: Any) -> Any:
    """Return the features of the usual formulation: `instance_norm`, every map resized, all frames at once."""
    import torch
    import torch.nn.functional as F

    def norm_relu(x: Any) -> Any:
        return F.relu(F.instance_norm(x))

    size = (frames.shape[-2] // encoder.stride, frames.shape[-1] // encoder.stride)
    x = norm_relu(_contiguous(encoder.conv1, frames))
    maps = []
    for layer in (encoder.layer1, encoder.layer2, encoder.layer3, encoder.layer4):
        for block in layer:
            y = norm_relu(_contiguous(block.conv2, norm_relu(_contiguous(block.conv1, x))))
            shortcut = F.instance_norm(_contiguous(block.downsample[0], x)) if block.stride > 1 else x
            x = F.relu(shortcut + y)
        maps.append(F.interpolate(x, size, mode="bilinear", align_corners=True))
    return _contiguous(encoder.conv3, norm_relu(_contiguous(encoder.conv2, torch.cat(maps, dim=1))))


def _contiguous(conv: Any, x: Any) -> Any:
    """Apply `conv` with its weight in PyTorch's default layout (a channels-last weight would change the output's)."""
    import torch.nn.functional as F

    return F.conv2d(x, conv.weight.contiguous(), conv.bias, conv.stride, conv.padding)


def measure_memory(frames: int, points: int) -> dict[str, float]:
    """Return peak memory in MB of one call in a fresh process: `above_torch_mb` and `peak_mb`."""
    command = [sys.executable, "-c", _MEMORY, str(frames), str(points)]
    folder = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    if done.returncode != 0:
        raise BadInput(f"The memory of {frames} frames x {points} points cannot be measured: {done.stderr[-300:]}")
    return {name: round(value, 1) for name, value in json.loads(done.stdout).items()}
