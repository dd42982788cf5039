"""A story whose show is edited while it plays."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))

from story import SECOND, Story, scene, small_show

from installation.core.inputs import Inputs
from installation.core.outputs import Outputs
from installation.core.reload import Kind, after, edited
from installation.showfile.model import Act, Scene, Show


class EditedStory(Story):
    """`edit` is what saving a file does."""

    def edit(self, show: Show) -> Kind:
        self.program, kind = edited(self.program, self.state, show, "acts/day.yaml")
        self.tell(Inputs(self.now_us))
        return kind

    def tell(self, inputs: Inputs) -> Outputs:
        outputs = super().tell(inputs)
        self.program = after(self.program, self.state, outputs)
        return outputs

    def told(self, kind: str) -> list[tuple[str, float]]:
        """The events of a kind so far: name and second."""
        return [(e.name, e.t_us / SECOND) for e in self.events if e.kind == kind]

    def begin_day(self) -> None:
        """Somebody comes at second 0, and stays."""
        self.sense(distance=1.0)


def with_scene(show: Show, name: str, **more: object) -> Show:
    """The show, with one scene of its day changed."""
    day = show.acts["day"]
    changed: Scene = replace(day.scenes[name], **more)  # type: ignore[arg-type]
    return with_day(show, scenes={**day.scenes, name: changed})


def with_day(show: Show, **more: object) -> Show:
    changed: Act = replace(show.acts["day"], **more)  # type: ignore[arg-type]
    return replace(show, acts={**show.acts, "day": changed})


__all__ = ["SECOND", "EditedStory", "scene", "small_show", "with_day", "with_scene"]
