"""Days on end, of the shipped show: does anything fail, stall, or differ when it is played again?

Run `python tests/soak/days.py --days 7`. Each day is eight hours of visitors over the same wire
bytes, from a seed of its own; one of them is then played again, in another process with other
hash seeds, and must be the same to the byte. Exit code 1 for a fault, for somebody who saw the
same scene for longer than `--stall`, and for a day that differs. What never happened is told.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402  the root must be on the path

from installation.run.season import Season, play, play_day  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--closes", type=float, default=18.0, help="o'clock; it opens at 10")
    parser.add_argument("--stall", type=float, default=400.0, help="seconds")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "soak-days")
    given = parser.parse_args()
    season = Season(ROOT / "shows" / "resonance", given.out, given.days, given.seed,
                    closes_h=given.closes)  # fmt: skip
    verdict = play(season, Console())
    print(verdict.lines[0])
    wrong = [*verdict.faults, *verdict.figures["faults"]]
    stall = verdict.figures["longest_stall"]
    if stall["length_s"] > given.stall:
        wrong.append(f"{stall['length_s']} s without a change: {stall}")
    last = verdict.figures["each_day"][-1]
    again = play_day(season, last["day"] - 1)
    if again.digest != last["digest"]:
        wrong.append(f"day {last['day']} played again differs: {again.digest}")
    for line in wrong:
        print(line, file=sys.stderr)
    print("differs or fails" if wrong else f"day {last['day']} played again is the same")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
