"""From samples to signals: only what was touched, or asked to be woken, is worked out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from heapq import heapify, heappop, heappush

from firmware_bridge.sample import Health, Sample
from installation.core.draft import Draft
from installation.core.program import Wired

SILENT_US = 1_500_000


def hear(draft: Draft, samples: tuple[Sample, ...]) -> None:
    """Take in the newest values of each node."""
    if not samples:
        return
    heard_us, patched = draft.own("heard_us"), draft.program.channels
    for sample in samples:
        heard_us[sample.node] = draft.now_us
        if draft.readings.get(sample.node) == sample.values:
            continue
        draft.own("readings")[sample.node] = sample.values
        for index, name in patched.get(sample.node, ()):
            value = sample.values[index] if index < len(sample.values) else None
            if value != draft.channels.get(name):
                draft.own("channels")[name] = value
                draft.touched[name] = None


def diagnose(draft: Draft, reports: tuple[Health, ...]) -> None:
    """A node that is not live has unknown channels; so has one that went silent."""
    for health in reports:
        if health.state == "live":  # a board that prints now and then is live between two lines
            draft.own("heard_us")[health.node] = draft.now_us
        elif draft.own("heard_us").pop(health.node, None) is not None:
            _forget(draft, health.node)
            draft.tell(draft.now_us, "node", health.node, health.why or health.state)
    silent_us = draft.now_us - SILENT_US
    for node in [node for node, heard_us in draft.heard_us.items() if heard_us <= silent_us]:
        del draft.own("heard_us")[node]
        _forget(draft, node)
        draft.tell(draft.now_us, "node", node, "silent")


def _forget(draft: Draft, node: str) -> None:
    draft.own("readings").pop(node, None)
    for _, name in draft.program.channels.get(node, ()):
        if draft.channels.get(name) is not None:
            draft.own("channels")[name] = None
            draft.touched[name] = None


def derive(draft: Draft) -> None:
    """Bring every signal up to date, sources before those that read them."""
    program, touched, now_us = draft.program, draft.touched, draft.now_us
    by_name, readers = program.by_name, program.readers
    due = {by_name[name].step for name, at_us in draft.wakes.items() if at_us <= now_us}
    for name in touched:
        due.update([wired.step for wired in readers.get(name, ())])
    steps = list(due)
    heapify(steps)
    work_out = _worker(draft) if steps else None
    while steps and work_out is not None:
        wired = program.signals[heappop(steps)]
        if work_out(wired):
            name = wired.name
            touched[name] = None
            for reader in readers.get(name, ()):
                step = reader.step
                if step not in due:
                    due.add(step)
                    heappush(steps, step)


def refresh(draft: Draft, wired: Wired) -> bool:
    """Work out one signal; whether it changed."""
    return _worker(draft)(wired)


def _worker(draft: Draft) -> Callable[[Wired], bool]:
    """Works out signals of this draft: what all of them need is looked up once, for they are the
    greater part of what a moment costs."""
    now_us, sources_of = draft.now_us, draft.sources_of
    memories, wakes, values = draft.own("memories"), draft.own("wakes"), draft.own("values")

    def work_out(wired: Wired) -> bool:
        name = wired.name
        value, memory, wake_us, parts = wired.update(
            memories.get(name), sources_of(wired), now_us, wired.options
        )
        memories[name] = memory
        if wake_us is not None:
            wakes[name] = wake_us if wake_us > now_us else now_us + 1
        elif name in wakes:
            del wakes[name]
        if value is not None:
            value = round(value, 9)
        changed: bool = value != values.get(name)
        values[name] = value
        if parts:
            parts = tuple([round(part, 9) for part in parts])
            if parts != draft.parts.get(name):
                draft.own("parts")[name] = parts
                return True
        return changed

    return work_out


def reset(draft: Draft, scopes: frozenset[str]) -> None:
    """Let the signals of these scopes begin anew, and bring the others after them."""
    for wired in draft.program.signals:
        if wired.reset in scopes:
            draft.own("memories").pop(wired.name, None)
            if refresh(draft, wired):
                draft.touched[wired.name] = None
    derive(draft)


def stand_in(draft: Draft, before: Mapping[str, float]) -> None:
    """The scene has changed: what unknown channels are taken for may be another thing."""
    after = draft.active.scene.stand_ins
    for name in {**before, **after}:
        if draft.channels.get(name) is None and before.get(name) != after.get(name):
            draft.touched[name] = None
