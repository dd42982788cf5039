"""OSC messages that nobody gets."""

from __future__ import annotations

from collections.abc import Iterator

from installation.showfile.lint.finding import Found
from installation.showfile.lint.subject import Subject
from installation.showfile.model import Send


def osc_to_nowhere(subject: Subject) -> Iterator[Found]:
    """Messages are sent, but the site's config names no destination: told once."""
    if subject.osc is not False:
        return
    sent = [(spot, cue) for spot, cue in subject.cues() if _sends(cue.actions)]
    if sent:
        (spot, cue), many = sent[0], len({cue.name for _, cue in sent})
        says = (
            f"{many} cues send OSC, but the config has nowhere to send it: "
            'give it osc = ["HOST:PORT"]'
        )
        yield subject.cue_key(spot, cue.name), says


def _sends(actions: tuple[object, ...]) -> bool:
    return any(isinstance(action, Send) for action in actions)
