"""A scene without a window, a clip, and the clip in the scene."""

from __future__ import annotations

import pytest
from scene_data import make_cine

from EchoTrackerLib.scene.clip.cine import add_cine
from EchoTrackerLib.scene.mrml.environment import new_scene


@pytest.fixture
def environment():
    return new_scene()


@pytest.fixture
def scene(environment):
    return environment.scene


@pytest.fixture
def cine():
    return make_cine(30)


@pytest.fixture
def clip(scene, cine):
    return add_cine(scene, cine)
