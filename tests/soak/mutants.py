"""Damaged show files by the hundred thousand: each is a show, or gets located mistakes.

Run `python tests/soak/mutants.py --count 100000`, on all cores, in about an hour; `--first N`
goes on where another run ended. Half of the mutants are damaged in their structure (keys and
values deleted, doubled, swapped, renamed, retyped, nested), half in their bytes. What loads is
linted, and played for two seconds with hostile inputs. `./test` runs a few hundred of them
(tests/core/test_mutants.py).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402  the root must be on the path
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn  # noqa: E402

from firmware_bridge.sample import Health, Sample  # noqa: E402
from installation.core.inputs import Command, Inputs  # noqa: E402
from installation.run.conductor import Conductor  # noqa: E402
from installation.showfile.check import examine  # noqa: E402
from installation.showfile.model import Show  # noqa: E402
from installation.showfile.reader import (  # noqa: E402
    Log,
    Mapping,
    Node,
    Place,
    Scalar,
    parse,
)
from installation.showfile.reader import Sequence as List  # noqa: E402

SLOW_S, HUNG_S = 2.0, 20.0
"""Of processor time: what a mutant may take, and when it is given up."""
PLAYED_US = 2_000_000
CHUNK = 100
SHOWS = [found.parent for found in sorted((ROOT / "shows").glob("**/show.yaml"))]
FENCED = re.compile(r"^`([\w/.]+)`[^\n]*\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ODD = (
    "", "~", "true", "0", "-1", "1", "0.5", "1e400", ".nan", "99999999999", "5m", "5s", "-3s",
    "9999999h", "250ms", "1:30", "-12dB", "200dB", "3N", "5Hz", "50%", "10degC", "0x10", "on",
    "act", "act act", "return", "standby", "all", "scene_s", "a[0]", "a[99999]", "[0]", "> 3",
    "a > b", "a >= ", "/a/b", "#fff", "é", "\u2028", "\ud7ff", "\x00", "\x1b[2J", "'", "{",
    "x" * 5000,
)  # fmt: skip
SIGNS = "\t\r\n\x00\x07\x85\u2028\ufeff:-?[]{},#&*!|>'\"%@`\\ é😀0ab"
PLAIN = re.compile(r"[A-Za-z0-9_./+-][A-Za-z0-9_./ +%-]*\Z")


# Damage


def written(node: Node) -> str:
    """The tree as YAML again, in one line."""
    match node:
        case Mapping(pairs=pairs):
            return "{" + ", ".join(f"{written(k)}: {written(v)}" for k, v in pairs) + "}"
        case List(items=items):
            return "[" + ", ".join(written(item) for item in items) + "]"
        case Scalar(text=text, plain=plain):
            return text if plain and PLAIN.match(text) else json.dumps(text)


def inner(node: Node) -> Iterator[Mapping | List]:
    """Every mapping and list in the tree, and the tree itself."""
    if isinstance(node, Scalar):
        return
    yield node
    for child in node.items if isinstance(node, List) else [v for _, v in node.pairs]:
        yield from inner(child)


def leaf(dice: random.Random, texts: Sequence[str]) -> Scalar:
    """An odd value, a word from elsewhere in the file, or one with a slip of the finger."""
    text = dice.choice(ODD) if dice.random() < 0.5 else dice.choice(texts)
    if dice.random() < 0.2 and text:
        at = dice.randrange(len(text))
        text = text[:at] + dice.choice("aeist_1 ") + text[at + dice.randrange(2) :]
    return Scalar(Place(""), text, dice.random() < 0.8)


def other(dice: random.Random, trees: Sequence[Node], texts: Sequence[str]) -> Node:
    """Something to stand where something else stood."""
    made: Node = deepcopy(dice.choice(trees)) if dice.random() < 0.3 else leaf(dice, texts)
    for _ in range(dice.choice((0, 0, 0, 1, 3, 30))):
        made = List(Place(""), [made]) if dice.random() < 0.5 else (
            Mapping(Place(""), [(leaf(dice, texts), made)]))  # fmt: skip
    return made


def restructured(text: str, dice: random.Random) -> str:
    """The same file with a few of its things deleted, doubled, swapped, renamed or retyped."""
    tree = parse(text.encode(), "", Log())
    assert tree is not None
    for _ in range(dice.choice((1, 1, 2, 4))):
        trees = [found for found in inner(tree) if weight(found) < 200]
        texts = sorted(set(re.findall(r"[\w.]+", text)))
        holder = dice.choice([*inner(tree)])
        parts: list[object] = holder.items if isinstance(holder, List) else holder.pairs  # type: ignore[assignment]
        if not parts:
            continue
        at, to = dice.randrange(len(parts)), dice.randrange(len(parts))
        new = other(dice, trees, texts)
        match dice.randrange(7):
            case 0:
                del parts[at]
            case 1:
                parts.insert(to, parts[at])
            case 2:
                parts[at], parts[to] = parts[to], parts[at]
            case 3 if isinstance(holder, Mapping):
                holder.pairs[at] = (leaf(dice, texts), holder.pairs[at][1])
            case 4 if dice.random() < 0.1:
                parts[at:at] = [parts[at]] * 300
            case _ if isinstance(holder, Mapping):
                holder.pairs[at] = (holder.pairs[at][0], new)
            case _:
                parts[at] = new
    return written(tree)


def weight(node: Node) -> int:
    return sum(1 for _ in inner(node))


def damaged(text: str, dice: random.Random) -> bytes:
    """The same file with bits, bytes, signs or lines changed, added or lost."""
    data = bytearray(text.encode())
    for _ in range(dice.choice((1, 1, 2, 5))):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(8):
            case 0 if at < len(data):
                data[at] ^= 1 << dice.randrange(8)
            case 1:
                data[at:at] = dice.choice(SIGNS).encode() * dice.choice((1, 1, 2, 50))
            case 2:
                del data[at : at + dice.choice((1, 2, 8, 100))]
            case 3 if dice.random() < 0.3:
                del data[at:]
            case 4:
                start = dice.randrange(len(data) + 1)
                data[at:at] = data[start : start + dice.randrange(1, 200)]
            case 5:
                data[at:at] = dice.randbytes(dice.randrange(1, 5))
            case _:
                lines = data.split(b"\n")
                line = dice.randrange(len(lines))
                lines[line] = b" " * dice.randrange(9) + lines[dice.randrange(len(lines))].strip()
                data = bytearray(b"\n".join(lines))
    return bytes(data)


# Judgement


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a mutant: `loaded`, `refused`, or `at fault`, and then why."""

    how: str
    took_s: float = 0.0
    why: str = ""


def wrong_findings(directory: Path, found: Sequence[object]) -> str:
    """Why what was said of a show is no located sentence; empty where all of it is."""
    for said in found:
        place = getattr(said, "place", said)
        message = getattr(said, "message", "")
        if not message or not message.isprintable():
            return f"no printable line: {said!r}"
        if place.line < 1 or place.column < 1:
            return f"no place: {said!r}"
        path = directory / place.file
        if path.is_file() and place.line > len(re.split(rb"\r\n?|\n", path.read_bytes())):
            return f"beyond the end of the file: {said!r}"
    return ""


def hostile(show: Show, dice: random.Random) -> Iterator[Inputs]:
    """Two seconds in which everything happens."""
    now_us, nodes = 0, [*show.nodes.values()]
    places = [f"{act.name}/{scene}" for act in show.acts.values() for scene in act.scenes]
    while now_us < PLAYED_US:
        now_us += dice.choice((1, 5_000, 20_000, 50_000, 400_000))
        samples = tuple(
            Sample(n.name, now_us, tuple(dice.choice((None, 0.0, 1.0, dice.gauss(1, 40)))
                                         for _ in n.channels))
            for n in nodes if dice.random() < 0.5
        )  # fmt: skip
        health = tuple(Health(n.name, "lost", "unplugged") for n in nodes if dice.random() < 0.05)
        verb = dice.choice(("go", "hold", "resume", "goto", "blackout", "light", "stop", "rearm"))
        wish = Command("c", verb, dice.choice(places) if verb == "goto" else "")
        yield Inputs(now_us, samples, health, (wish,) * (dice.random() < 0.2))


def judged(directory: Path, dice: random.Random) -> Fate:
    """Load, lint and play what is in the folder."""
    begun_s = time.process_time()
    try:
        with given_up_after(HUNG_S):
            found = examine(directory)
            took_s = time.process_time() - begun_s
            if why := wrong_findings(directory, found.findings):
                return Fate("at fault", took_s, why)
            if found.subject is None:
                return Fate("refused", took_s, "" if found.findings else "nothing is said")
            conductor = Conductor(found.subject.show, 1, 0)
            for inputs in hostile(found.subject.show, dice):
                conductor.advance(inputs)
    except Exception:  # noqa: BLE001  what it is, is the finding
        return Fate("at fault", time.process_time() - begun_s, traceback.format_exc())
    return Fate("loaded", took_s)


class Hung(Exception):
    pass


@contextmanager
def given_up_after(seconds: float) -> Iterator[None]:
    """Raises Hung after so much processor time."""

    def ring(*_: object) -> NoReturn:
        raise Hung(f"more than {seconds:.0f} s")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def tiny(folder: Path) -> Path:
    """The show that shows/README.md writes out."""
    page = (ROOT / "shows/README.md").read_text()
    for name, text in FENCED.findall(page):
        (folder / "tiny" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "tiny" / name).write_text(text)
    return folder / "tiny"


class Herd:
    """The shows in a folder of their own, each damaged in one file at a time."""

    def __init__(self, folder: Path, shows: Sequence[Path]) -> None:
        self._shows: list[tuple[Path, list[tuple[Path, str]]]] = []
        for show in [*shows, tiny(folder / "written")]:
            here = folder / show.name
            shutil.copytree(show, here, ignore=shutil.ignore_patterns("*.wav", "*.png", "cache"))
            files = [(path, path.read_text()) for path in sorted(here.glob("**/*.yaml"))]
            self._shows.append((here, files))

    def fate(self, number: int, seed: int, keep: Path | None = None) -> Fate:
        """Make mutant `number`, judge it, and leave the folder as it was."""
        dice = random.Random(f"{seed}:{number}")
        show, files = dice.choice(self._shows)
        path, text = dice.choice(files)
        is_bytes = dice.random() < 0.5
        mutant = damaged(text, dice) if is_bytes else restructured(text, dice).encode(
            errors="surrogatepass")  # fmt: skip
        path.write_bytes(mutant)
        fate = judged(show, dice)
        path.write_text(text)
        if keep is not None and (fate.how == "at fault" or fate.took_s > SLOW_S):
            (keep / f"{number}-{show.name}-{path.name}").write_bytes(mutant)
            (keep / f"{number}.txt").write_text(f"{path.relative_to(show.parent)}\n{fate}\n")
        return fate


def fates(first: int, count: int, seed: int, keep: Path | None = None,
          shows: Sequence[Path] = SHOWS) -> list[Fate]:  # fmt: skip
    """What becomes of these mutants."""
    with tempfile.TemporaryDirectory(prefix="installation-") as folder:
        herd = Herd(Path(folder), shows)
        return [herd.fate(number, seed, keep) for number in range(first, first + count)]


def everywhere(first: int, count: int, seed: int, keep: Path,
               tell: Callable[[int], None]) -> list[Fate]:  # fmt: skip
    """The same on all cores."""
    found: list[Fate] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        starts = range(first, first + count, CHUNK)
        sizes = [min(CHUNK, first + count - start) for start in starts]
        jobs = pool.map(fates, starts, sizes, [seed] * len(sizes), [keep] * len(sizes))
        for chunk in jobs:
            found += chunk
            tell(len(chunk))
    return found


def main() -> None:
    wish = argparse.ArgumentParser(description=__doc__)
    wish.add_argument("--count", type=int, default=100_000)
    wish.add_argument("--first", type=int, default=0, help="the number of the first mutant")
    wish.add_argument("--seed", type=int, default=1)
    wish.add_argument("--keep", type=Path, default=Path("out/mutants"), help="for those at fault")
    asked = wish.parse_args()
    asked.keep.mkdir(parents=True, exist_ok=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=asked.count)
        found = everywhere(asked.first, asked.count, asked.seed, asked.keep,
                           lambda n: bar.advance(task, n))  # fmt: skip
    counted, took_s = Counter(fate.how for fate in found), sorted(fate.took_s for fate in found)
    slow = sum(one_s > SLOW_S for one_s in took_s)
    print(f"{len(found)} mutants from {asked.first} on, seed {asked.seed}: "
          f"{counted['loaded']} loaded and played, {counted['refused']} refused with located "
          f"mistakes, {counted['at fault']} at fault, {slow} over {SLOW_S:.0f} s")  # fmt: skip
    mid_s, high_s = took_s[len(took_s) // 2], took_s[int(len(took_s) * 0.99)]
    print(f"to load and lint: median {mid_s * 1e3:.0f} ms, p99 {high_s * 1e3:.0f} ms, "
          f"worst {took_s[-1]:.2f} s")  # fmt: skip
    whys = Counter(fate.why.strip().splitlines()[-1][:150] for fate in found if fate.why)
    for why, times in whys.most_common(10):
        print(f"  {times} x {why}")
    sys.exit(1 if counted["at fault"] or slow else 0)


if __name__ == "__main__":
    main()
