"""The rules: each looks at the whole show and yields where something is wrong, and the cure.

A new rule is a function in one of these modules and a line here; its code never changes its
meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from installation.showfile.lint.finding import Found
from installation.showfile.lint.rules import (
    conditions,
    cues,
    flash,
    media,
    osc,
    reach,
    unused,
    values,
)
from installation.showfile.lint.subject import Subject

Rule = Callable[[Subject], Iterator[Found]]

RULES: Mapping[str, Rule] = {
    "unreachable-act": reach.unreachable_act,
    "unreachable-scene": reach.unreachable_scene,
    "no-way-out": reach.no_way_out,
    "loop-without-time": reach.loop_without_time,
    "out-of-range": conditions.out_of_range,
    "contradiction": conditions.contradiction,
    "never-reached": conditions.never_reached,
    "never-due": conditions.never_due,
    "after-the-end": cues.after_the_end,
    "cut-off": cues.cut_off,
    "fade-too-long": cues.fade_too_long,
    "every-too-often": cues.every_too_often,
    "unused-sound": media.unused_sound,
    "missing-sound": media.missing_sound,
    "unused-visual": media.unused_visual,
    "unused-act-file": media.unused_act_file,
    "unheard-stem": media.unheard_stem,
    "unseen-layer": media.unseen_layer,
    "unused-signal": unused.unused_signal,
    "unused-channel": unused.unused_channel,
    "unused-output": unused.unused_output,
    "unused-colour": unused.unused_colour,
    "default-out-of-range": values.default_out_of_range,
    "not-whole": values.not_whole,
    "set-out-of-range": values.set_out_of_range,
    "still-mapping": values.still_mapping,
    "flashing-cues": flash.flashing_cues,
    "flashing-pairs": flash.flashing_pairs,
    "flashing-scenes": flash.flashing_scenes,
    "flashing-mapping": flash.flashing_mapping,
    "osc-to-nowhere": osc.osc_to_nowhere,
}
STALLING = frozenset({"loop-without-time"})
"""What these rules find is a mistake: the show would not go on."""
