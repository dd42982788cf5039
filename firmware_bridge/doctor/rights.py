"""Who may open a port, and who has it open."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise

from firmware_bridge.doctor.finding import Finding
from firmware_bridge.doctor.machine import Machine, Port, Program
from firmware_bridge.doctor.services import install_rule

GROUP_MAY = 0o060
KNOWN = {
    "serial-monitor": ("the serial monitor of the Arduino IDE", "Close it there."),
    "arduino-cli": ("arduino-cli", "Close the Arduino IDE, or end arduino-cli."),
    "screen": ("screen", "screen -S {pid} -X quit"),
    "minicom": ("minicom", "In its window: Ctrl-A, then X."),
    "picocom": ("picocom", "In its window: Ctrl-A, then Ctrl-X."),
    "tio": ("tio", "In its window: Ctrl-T, then Q."),
    "avrdude": ("avrdude, which flashes a board", "Wait until it is done."),
    "ModemManager": ("ModemManager", "sudo systemctl disable --now ModemManager"),
}
"""Programs that often have a port open, by their name in /proc; and what ends them."""
SHOWS = {("installation", "run"), ("installation", "show")}


def refused(machine: Machine, port: Port) -> Finding:
    """Why this login may not open the port. Raises OSError where the port is gone."""
    told = os.stat(machine.at(port.device))
    group, members = machine.group(told.st_gid)
    if told.st_gid == 0 or told.st_mode & GROUP_MAY != GROUP_MAY:
        return Finding(port.path, "bad", "Nobody but root may open it.", install_rule(machine))
    if told.st_gid in machine.groups:
        return forbidden(machine, port)
    if machine.user in members:
        return Finding(port.path, "bad", f"{machine.user} is in its group {group}, but this login "
                       "is older than that and does not know it yet.",
                       "Log out and in again, or restart the computer.\n"
                       f"Or, for this terminal alone: newgrp {group}")  # fmt: skip
    return Finding(port.path, "bad", f"{machine.user} may not open it: only the group {group} may.",
                   f"sudo usermod -aG {group} {machine.user}\n"
                   "Log out and in again.")  # fmt: skip


def forbidden(machine: Machine, port: Port) -> Finding:
    """Owner, group and mode say yes, and the system says no."""
    return Finding(port.path, "unsure", f"{machine.user} should be allowed to open it, and is not: "
                   "a container, or a policy such as SELinux?",
                   f"ls -lZ {port.device}\ngetfacl {port.device}\n"
                   f"In a container: docker run --device={port.device} …")  # fmt: skip


def held(port: Port, holders: Sequence[Program]) -> Finding:
    """Somebody has the port open. Where that is the show, it is as it should be."""
    for holder in holders:
        if _words(holder) & SHOWS:
            return Finding(port.path, "good", f"The show has it (process {holder.pid}); see "
                           "`installation nodes` for what it hears.")  # fmt: skip
    holder = holders[0]
    name, cure = _known(holder)
    return Finding(port.path, "bad", f"It is in use by {name} (process {holder.pid}).",
                   cure.format(pid=holder.pid))  # fmt: skip


def _words(program: Program) -> set[tuple[str, str]]:
    """Neighbours in the command line, without folders."""
    return set(pairwise(os.path.basename(word) for word in program.command))


def _known(program: Program) -> tuple[str, str]:
    if program.name in KNOWN:
        return KNOWN[program.name]
    if any(word.startswith("processing.app") for word in program.command):
        return "the Arduino IDE", "Close its serial monitor."
    shown = " ".join(program.command)[:60] or program.name
    return f"'{shown}'", "kill {pid}"


def held_by_nobody_seen(port: Port) -> Finding:
    """The system says that it is in use; another user's programs do not show what they open."""
    return Finding(port.path, "bad", "It is in use by a program of another user.",
                   f"sudo fuser -v {port.device}")  # fmt: skip
