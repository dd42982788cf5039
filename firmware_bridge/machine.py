"""What the doctor sees of a computer: files of /dev, /sys, /proc and /etc, and who asks."""

from __future__ import annotations

import contextlib
import getpass
import glob
import grp
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Rights(NamedTuple):
    """Who may open a device: the members of `group`, and others where `mode` says so."""

    group: str
    mode: int


@dataclass(frozen=True, slots=True)
class Machine:
    """`root` is / but in a test. `groups` are those of this login; None asks the system."""

    root: Path = Path("/")
    user: str = ""
    groups: tuple[str, ...] | None = None

    @property
    def who(self) -> str:
        return self.user or getpass.getuser()

    def own_groups(self) -> tuple[str, ...]:
        """What this login is a member of."""
        if self.groups is not None:
            return self.groups
        return tuple(_group_name(number) for number in {os.getegid(), *os.getgroups()})

    def glob(self, pattern: str) -> list[str]:
        """Paths as on the machine itself."""
        found = sorted(glob.glob(str(self._at(pattern))))
        return ["/" + os.path.relpath(path, self.root) for path in found]

    def read(self, path: str) -> str:
        """A file's text without blanks around it; empty where it is not there."""
        try:
            return self._at(path).read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""

    def exists(self, path: str) -> bool:
        return self._at(path).exists()

    def target(self, path: str) -> str:
        """Where a link leads, as on the machine itself."""
        return "/" + os.path.relpath(os.path.realpath(self._at(path)), os.path.realpath(self.root))

    def rights(self, path: str) -> Rights:
        told = os.stat(self._at(path))
        return Rights(_group_name(told.st_gid), told.st_mode)

    def programs(self) -> Iterator[tuple[int, str]]:
        """(pid, name) of all that runs."""
        for path in self.glob("/proc/[0-9]*/comm"):
            yield int(path.split("/")[2]), self.read(path)

    def holders(self, device: str) -> list[tuple[int, str]]:
        """(pid, command line) of the programs that have a device open, as far as one may see."""
        found = []
        for folder in self.glob("/proc/[0-9]*/fd"):
            pid = int(folder.split("/")[2])
            with contextlib.suppress(OSError), os.scandir(self._at(folder)) as links:
                if pid != os.getpid() and any(os.readlink(link.path) == device for link in links):
                    told = self.read(f"/proc/{pid}/cmdline").replace("\0", " ")
                    found.append((pid, told or self.read(f"/proc/{pid}/comm")))
        return found

    def _at(self, path: str) -> Path:
        return self.root / path.lstrip("/")


def _group_name(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
