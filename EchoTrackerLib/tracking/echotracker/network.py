"""The EchoTracker network (MICCAI 2024, doi 10.1007/978-3-031-72083-3_60) in its cheap exact form.

The tensors and the numbers are those of the published architecture; only the order of linear operations differs:
no correlation map is built, what all points share is computed once, points are processed in groups and frames are
encoded in groups. None of that changes the result beyond rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .correlation import COARSE_SIZE, LEVELS, WINDOW, overview, pyramid, pyramid_correlation, sample_features
from .delta_block import DeltaBlock, full_precision
from .encoder import FEATURES, FeatureEncoder

COARSE_STRIDE = 8
FINE_STRIDE = 2
FLOW_SIZE = (50, 60)  # rows, cols of the shared frame flow
FREQUENCIES = 16
EMBEDDING = 4 * FREQUENCIES + 2
EARLIER = (2, 4)  # frames back, from which moving templates are taken

READING, FOLLOWING = "reading", "following"  # the stages reported
Report = Callable[[str, float], None]


def no_report(stage: str, fraction: float) -> None:
    """Report nothing."""


def _no_fraction(fraction: float) -> None:
    pass


@dataclass(frozen=True)
class Groups:
    """How much is processed at once; the result does not depend on it."""

    frames: int = 1
    point_frames: int = 4096  # points x frames


@dataclass(frozen=True)
class ClipFeatures:
    """What the network knows about a clip before it has seen a point.

    Attributes:
        coarse: [S, h, w, 64], stride 8.
        coarse_overview: [S, 196, 64].
        fine: pyramid of [S, h, w, 64], stride 2, 4, 8, 16.
        flow: [S, 3000], the last frame, then the differences between neighboring frames (50 x 60).
    """

    coarse: Tensor
    coarse_overview: Tensor
    fine: list[Tensor]
    flow: Tensor


class FrameStack:
    """Collects what is computed frame group by frame group, without holding everything twice outside training."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.filled = 0
        self.buffer: Optional[Tensor] = None
        self.parts: list[Tensor] = []

    def add(self, part: Tensor) -> None:
        """Append [group, ...]."""
        if part.requires_grad:
            self.parts.append(part)
            return
        if self.buffer is None:
            self.buffer = part.new_empty(self.total, *part.shape[1:])
        self.buffer[self.filled : self.filled + len(part)] = part
        self.filled += len(part)

    def result(self) -> Tensor:
        """Return [total, ...]."""
        return torch.cat(self.parts) if self.buffer is None else self.buffer


def motion_embedding(coords: Tensor) -> Tensor:
    """Coordinates [N, S, 2] -> sines and cosines of the forward differences, and these themselves, [N, S, 66]."""
    motion = coords.diff(dim=1)
    motion = torch.cat([motion, motion[:, -1:]], dim=1)
    exponents = torch.arange(FREQUENCIES, dtype=coords.dtype, device=coords.device) / (FREQUENCIES - 1)
    angles = motion[..., None] * 10000.0**-exponents
    x, y = angles.unbind(-2)
    return torch.cat([x.sin(), x.cos(), y.sin(), y.cos(), motion], dim=-1)


def pinned(coords: Tensor, queries: Tensor, query_frame: Optional[int]) -> Tensor:
    """Coordinates [N, S, 2] that are the queries [N, 2] on the query frame, if there is one."""
    if query_frame is None:
        return coords
    return torch.cat([coords[:, :query_frame], queries[:, None], coords[:, query_frame + 1 :]], dim=1)


class EchoTrackerNet(nn.Module):
    """Follows points through an ultrasound clip. State dict as published (162 tensors)."""

    def __init__(self) -> None:
        super().__init__()
        correlation = LEVELS * WINDOW
        flow = FLOW_SIZE[0] * FLOW_SIZE[1]
        templates = 1 + len(EARLIER)
        self.fnet = FeatureEncoder(COARSE_STRIDE)
        self.fnet_fine = FeatureEncoder(FINE_STRIDE)
        self.delta_block_spatial = DeltaBlock(COARSE_SIZE**2, flow, EMBEDDING + 2)
        self.delta_block_temporal = DeltaBlock(2 * correlation, flow, EMBEDDING + 2)
        self.linear = nn.Linear(templates * correlation, 2 * correlation)

    def forward(
        self,
        video: Tensor,
        queries: Tensor,
        query_frame: Optional[int] = None,
        iterations: int = 4,
        groups: Groups = Groups(),
        report: Report = no_report,
        start: Optional[Tensor] = None,
    ) -> Tensor:
        """Return predictions [1 + iterations, S, N, 2] in px; the last is the result.

        Args:
            video: [S, 1, H, W], gray, 0..255, S >= 2.
            queries: [N, 2] (x, y) px on the query frame, in the video's own size.
            query_frame: None is the original network (frame 0, not pinned); a number is the updated form, whose first
                prediction is pinned to the query there.
            iterations: refinements after the coarse prediction.
            groups: how much is processed at once.
            report: called with a stage and a fraction; may raise to stop.
            start: positions [S, N, 2] px from which the refinement begins instead of from the coarse prediction.

        Raises:
            ValueError: a clip of fewer than 2 frames or 64 x 64 px, a query frame outside it, or wrong shapes.
        """
        self._check(video, queries, query_frame)
        clip = self.encode(video, groups.frames, report)
        size, total = max(1, groups.point_frames // len(video)), max(len(queries), 1)
        shared = self.shared_terms(clip)
        queries = queries.to(torch.promote_types(queries.dtype, clip.flow.dtype))
        # One result for all groups: many small ones, kept between large temporaries, would make the heap grow.
        predictions = queries.new_empty(1 + iterations, len(video), len(queries), 2)
        for first in range(0, total, size):
            group = queries[first : first + size]

            def done(fraction: float, first: int = first, count: int = len(group)) -> None:
                report(FOLLOWING, (first + fraction * count) / total)

            begin = None if start is None else start[:, first : first + size].transpose(0, 1)
            part = self.follow(clip, shared, group, query_frame, iterations, done, begin)
            predictions[:, :, first : first + size] = part
        return predictions

    @staticmethod
    def _check(video: Tensor, queries: Tensor, query_frame: Optional[int]) -> None:
        if video.ndim != 4 or video.shape[1] != 1 or queries.ndim != 2 or queries.shape[1] != 2:
            raise ValueError(f"Need video [S, 1, H, W], queries [N, 2]; got {[*video.shape]}, {[*queries.shape]}.")
        if min(video.shape[-2:]) < COARSE_STRIDE * 2 ** (LEVELS - 1):
            raise ValueError(f"Frames of {[*video.shape[-2:]]} px are too small; the network needs at least 64 x 64.")
        if len(video) < 2:
            raise ValueError("Tracking needs at least 2 frames.")
        if query_frame is not None and not 0 <= query_frame < len(video):
            raise ValueError(f"Query frame {query_frame} is outside the clip's {len(video)} frames.")

    def encode(self, video: Tensor, group: int = 1, report: Report = no_report) -> ClipFeatures:
        """Compute a clip's features, `group` frames at a time."""
        coarse, views, small, *fine = (FrameStack(len(video)) for _ in range(3 + LEVELS))
        for start in range(0, len(video), group):
            report(READING, start / len(video))
            frames = 2 * video[start : start + group] / 255 - 1
            features = self.fnet(frames).movedim(1, -1).contiguous()
            coarse.add(features)
            views.add(overview(features))
            for level, maps in zip(fine, pyramid(self.fnet_fine(frames).movedim(1, -1).contiguous())):
                level.add(maps)
            small.add(F.interpolate(frames, FLOW_SIZE, mode="bilinear", align_corners=False).flatten(1))
        flow = torch.cat([small.result()[-1:], small.result().diff(dim=0)])
        return ClipFeatures(coarse.result(), views.result(), [level.result() for level in fine], flow)

    def shared_terms(self, clip: ClipFeatures) -> tuple[Tensor, Tensor, Tensor]:
        """Return what all points share: the spatial and temporal blocks' terms and the temporal block's weight.

        The linear layer between correlation and temporal block is multiplied into that block's first convolution;
        its bias joins the shared term.
        """
        with full_precision(clip.flow):
            spatial = self.delta_block_spatial.shared_term(clip.flow)
            block = self.delta_block_temporal
            correlation, own = block.point_weight().split(block.split[::2], dim=1)
            folded = torch.einsum("ock,ci->oik", correlation, self.linear.weight)
            bias = F.conv1d(self.linear.bias[None, :, None].expand(-1, -1, len(clip.flow)), correlation, padding=1)
            return spatial, block.shared_term(clip.flow) + bias, torch.cat([folded, own], dim=1)

    def follow(
        self,
        clip: ClipFeatures,
        shared: tuple[Tensor, Tensor, Tensor],
        queries: Tensor,
        query_frame: Optional[int],
        iterations: int,
        done: Callable[[float], None] = _no_fraction,
        start: Optional[Tensor] = None,
    ) -> Tensor:
        """Predictions [1 + iterations, S, N, 2] px for one group of points; `start` is [N, S, 2] px."""
        if start is None:
            coords = self.initialise(clip, shared[0], queries / COARSE_STRIDE, query_frame)
        else:
            coords = pinned(start.to(queries.dtype), queries, query_frame) / COARSE_STRIDE
        predictions = [coords * COARSE_STRIDE]
        coords = (coords * (COARSE_STRIDE / FINE_STRIDE)).detach()
        reference = coords[:, query_frame or 0]
        frame = torch.full((len(queries),), query_frame or 0, dtype=torch.long, device=queries.device)
        template = sample_features(clip.fine[0], frame, reference)
        for i in range(iterations):
            done((i + 1) / (iterations + 1))
            coords = self.refine(clip, shared[1], shared[2], coords.detach(), template, reference)
            predictions.append(coords * FINE_STRIDE)
        done(1.0)
        return torch.stack(predictions).transpose(1, 2)

    def initialise(self, clip: ClipFeatures, term: Tensor, queries: Tensor, query_frame: Optional[int]) -> Tensor:
        """Stage 1: coordinates [N, S, 2] from queries [N, 2], both in units of the coarse map."""
        n_points, n_frames = len(queries), len(clip.flow)
        frame = torch.full((n_points,), query_frame or 0, dtype=torch.long, device=queries.device)
        target = sample_features(clip.coarse, frame, queries)
        correlation = torch.einsum("nc,spc->nps", target, clip.coarse_overview) / FEATURES**0.5
        coords = queries[:, None].expand(n_points, n_frames, 2)
        own = torch.cat([motion_embedding(coords), coords], dim=-1).transpose(1, 2)
        inputs = torch.cat([correlation.to(own.dtype), own], dim=1)
        coords = coords + self.delta_block_spatial(inputs, self.delta_block_spatial.point_weight(), term)
        return pinned(coords, queries, query_frame)

    def refine(
        self, clip: ClipFeatures, term: Tensor, weight: Tensor, coords: Tensor, template: Tensor, start: Tensor
    ) -> Tensor:
        """One iteration of stage 2: better coordinates [N, S, 2], units of the fine map."""
        frames = torch.arange(coords.shape[1], device=coords.device)
        moving = sample_features(clip.fine[0], frames.expand(coords.shape[:2]), coords)
        earlier = [moving[:, (frames - back).clamp(min=0)] for back in EARLIER]
        targets = torch.stack([template[:, None].expand_as(moving), *earlier], dim=2)
        correlation = pyramid_correlation(clip.fine, targets, coords)
        own = [motion_embedding(coords), start[:, None].expand_as(coords)]
        inputs = torch.cat([correlation, *own], dim=-1).transpose(1, 2)
        return coords + self.delta_block_temporal(inputs, weight, term)
