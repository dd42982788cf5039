"""What each channel of a node read in about a second: figures, no judgement. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SHORTEST_S = 0.1


class Second(NamedTuple):
    """Of one channel.

    Of `heard` readings `known` were neither unknown nor, as `strays` were, out of range; the
    newest is None where it was. The other figures are of the known readings, and of the one
    before them: in `span_s` seconds they took `kinds` different values and changed `changes`
    times. `jump` is how far the middle one of them (the median) lies from half-way between its
    neighbours: a body that moves, however fast, hardly jumps; noise does.
    """

    heard: int
    known: int
    strays: int
    newest: float | None
    span_s: float
    first: float
    last: float
    least: float
    most: float
    middle: float
    jump: float
    kinds: int
    changes: int

    @property
    def moved(self) -> bool:
        return self.kinds > 1

    def per_s(self, count: float) -> float:
        """As a rate; 0 where the time is too short to tell one."""
        return count / self.span_s if self.span_s >= SHORTEST_S else 0.0


def seconds_of(rows: NDArray[np.float64], new: int, strays: Sequence[int],
               span_s: float) -> list[Second]:  # fmt: skip
    """One for each column; NaN is unknown. Of the rows the last `new` were not heard before."""
    is_known = ~np.isnan(rows)
    if is_known.all():
        figures, known = _figures(rows), [new] * rows.shape[1]
    else:
        figures = _gappy_figures(rows, is_known)
        known = np.count_nonzero(is_known[-new:], axis=0).tolist()
    return [
        Second(new, k, s, None if isnan(value) else value, span_s, *told)
        for k, s, value, told in zip(known, strays, rows[-1].tolist(), figures, strict=True)
    ]


_Figures = tuple[float, float, float, float, float, float, int, int]
_NOTHING: _Figures = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0)


def _gappy_figures(rows: NDArray[np.float64], is_known: NDArray[np.bool_]) -> list[_Figures]:
    """The whole columns at once, because it is cheaper; each of the others for itself."""
    told = [_NOTHING] * rows.shape[1]
    whole = np.flatnonzero(is_known.all(axis=0)).tolist()
    for index, figures in zip(whole, _figures(rows[:, whole]), strict=True):
        told[index] = figures
    for index in np.flatnonzero(is_known.any(axis=0) & ~is_known.all(axis=0)).tolist():
        told[index] = _figures(rows[is_known[:, index], index : index + 1])[0]
    return told


def _figures(rows: NDArray[np.float64]) -> list[_Figures]:
    """From `Second.first` on, for each column."""
    columns = np.ascontiguousarray(rows.T)
    in_order = np.sort(columns, axis=1)
    kinds = np.count_nonzero(in_order[:, 1:] != in_order[:, :-1], axis=1) + 1
    changes = np.count_nonzero(columns[:, 1:] != columns[:, :-1], axis=1)
    told = (columns[:, 0], columns[:, -1], in_order[:, 0], in_order[:, -1],
            in_order[:, in_order.shape[1] // 2], _jump(columns), kinds, changes)  # fmt: skip
    return list(zip(*(figure.tolist() for figure in told), strict=True))


def _jump(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    if columns.shape[1] < 3:
        return np.zeros(len(columns))
    jumps = np.abs(columns[:, 1:-1] - 0.5 * (columns[:, :-2] + columns[:, 2:]))
    middle = jumps.shape[1] // 2
    return np.partition(jumps, middle, axis=1)[:, middle]
