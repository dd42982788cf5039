"""From samples to signals: only what was touched, or asked to be woken, is worked out."""

from __future__ import annotations

from heapq import heappop, heappush

from firmware_bridge.sample import Health, Sample
from installation.core.draft import Draft
from installation.core.program import Wired

SILENT_US = 1_500_000


def hear(draft: Draft, samples: tuple[Sample, ...]) -> None:
    """Take in the newest values of each node."""
    for sample in samples:
        draft.heard_us[sample.node] = draft.now_us
        if draft.readings.get(sample.node) == sample.values:
            continue
        draft.readings[sample.node] = sample.values
        for index, name in draft.program.channels.get(sample.node, ()):
            value = sample.values[index] if index < len(sample.values) else None
            if value != draft.channels.get(name):
                draft.channels[name] = value
                draft.touched.add(name)


def diagnose(draft: Draft, reports: tuple[Health, ...]) -> None:
    """A node that is not live has unknown channels; so has one that went silent."""
    for health in reports:
        if health.state == "live":  # a board that prints now and then is live between two lines
            draft.heard_us[health.node] = draft.now_us
        elif draft.heard_us.pop(health.node, None) is not None:
            _forget(draft, health.node)
            draft.tell(draft.now_us, "node", health.node, health.why or health.state)
    for node, heard_us in tuple(draft.heard_us.items()):
        if draft.now_us - heard_us >= SILENT_US:
            del draft.heard_us[node]
            _forget(draft, node)
            draft.tell(draft.now_us, "node", node, "silent")


def _forget(draft: Draft, node: str) -> None:
    draft.readings.pop(node, None)
    for _, name in draft.program.channels.get(node, ()):
        if draft.channels.get(name) is not None:
            draft.channels[name] = None
            draft.touched.add(name)


def derive(draft: Draft) -> None:
    """Bring every signal up to date, sources before those that read them."""
    program, touched, now_us = draft.program, draft.touched, draft.now_us
    due = {program.by_name[name].step for name, at_us in draft.wakes.items() if at_us <= now_us}
    for name in touched:
        due.update(wired.step for wired in program.readers.get(name, ()))
    steps = sorted(due)
    while steps:
        wired = program.signals[heappop(steps)]
        if refresh(draft, wired):
            touched.add(wired.name)
            for reader in program.readers.get(wired.name, ()):
                if reader.step not in due:
                    due.add(reader.step)
                    heappush(steps, reader.step)


def refresh(draft: Draft, wired: Wired) -> bool:
    """Work out one signal; whether it changed."""
    name = wired.name
    value, memory, wake_us, parts = wired.update(
        draft.memories.get(name), draft.sources_of(wired), draft.now_us, wired.options
    )
    draft.memories[name] = memory
    if wake_us is not None:
        draft.wakes[name] = max(wake_us, draft.now_us + 1)
    elif name in draft.wakes:
        del draft.wakes[name]
    if value is not None:
        value = round(value, 9)
    changed = value != draft.values.get(name)
    draft.values[name] = value
    if parts:
        parts = tuple([round(part, 9) for part in parts])
        changed = changed or parts != draft.parts.get(name)
        draft.parts[name] = parts
    return changed


def reset(draft: Draft, scopes: frozenset[str]) -> None:
    """Let the signals of these scopes begin anew, and bring the others after them."""
    for wired in draft.program.signals:
        if wired.reset in scopes:
            draft.memories.pop(wired.name, None)
            if refresh(draft, wired):
                draft.touched.add(wired.name)
    derive(draft)
