"""The drawings of season.html, in SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from installation.rehearsal.season import Day, Seen
from installation.rehearsal.season_told import clock, span

WIDTH, LEFT, ROW, BAND = 1200, 92, 64, 18
STEP_S = 300.0
BIN_S, MOST_BINS = 300.0, 16


def week(days: Sequence[Day], opens_h: float, closes_h: float, paint: Mapping[str, str]) -> str:
    """A row a day: the acts as a band, above it how many people were there."""
    open_s = (closes_h - opens_h) * 3600.0
    scale = (WIDTH - LEFT) / open_s
    crowds = [_present(day.visits, open_s) for day in days]
    most = max((max(crowd) for crowd in crowds), default=0) or 1
    parts = [_row(day, crowd, most, n * ROW, scale, opens_h, paint)
             for n, (day, crowd) in enumerate(zip(days, crowds, strict=True))]  # fmt: skip
    height = len(days) * ROW + 22
    hours = range(int(-(-opens_h // 1)), int(closes_h) + 1)
    for hour in hours:
        x = LEFT + (hour - opens_h) * 3600.0 * scale
        anchor = "end" if x > WIDTH - 20 else "middle"
        parts.append(f'<text class="mark" x="{x:.1f}" y="{height - 4}" text-anchor="{anchor}">'
                     f"{hour}:00</text>")  # fmt: skip
    return (f'<svg class="evening" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="The acts '
            f'and how many people were there, day by day">{"".join(parts)}</svg>')  # fmt: skip


def histogram(stays_s: Sequence[float], marks_s: Sequence[float]) -> str:
    """Visits by their length in steps of five minutes; the marks are the quartiles."""
    bins = [0] * MOST_BINS
    for stay_s in stays_s:
        bins[min(MOST_BINS - 1, int(stay_s // BIN_S))] += 1
    while len(bins) > 6 and not bins[-1]:
        bins.pop()
    width, height, most = 560.0, 190.0, max(bins) or 1
    wide = width / len(bins)
    parts = []
    for n, many in enumerate(bins):
        tall = (height - 40) * many / most
        told = f"{many} visits of {n * 5} to {n * 5 + 5} minutes"
        parts.append(f"<g><title>{told}</title><rect x=\"{n * wide + 1:.1f}\" "
                     f'y="{height - 20 - tall:.1f}" width="{wide - 2:.1f}" height="{tall:.1f}" '
                     'rx="2" fill="#c9a24b" fill-opacity=".75"/></g>')  # fmt: skip
        parts.append(f'<text class="mark" x="{n * wide:.1f}" y="{height - 5}">{n * 5}</text>')
    for mark_s, label in zip(marks_s, ("¼", "½", "¾"), strict=True):
        x = min(width - 4, mark_s / BIN_S * wide)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="14" y2="{height - 20}" '
            'stroke="#efe7d6" stroke-opacity=".6" stroke-dasharray="2 3"/>'
            f'<text class="mark" x="{x:.1f}" y="10" text-anchor="middle">{label}</text>'
        )
    return (f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="How long visits '
            f'were">{"".join(parts)}</svg>')  # fmt: skip


def share(part: float, colour: str) -> str:
    """A bar of 0 to 1."""
    return (f'<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none"><rect width="100" '
            f'height="8" fill="#211d18"/><rect width="{100 * part:.1f}" height="8" '
            f'fill="{colour}"/></svg>')  # fmt: skip


def reach(low_s: float, median_s: float, high_s: float, most_s: float, colour: str) -> str:
    """From the 5th to the 95th percentile, with the median; beyond `most_s` it is cut."""
    low, mid, high = (min(100.0, 100.0 * value / most_s) for value in (low_s, median_s, high_s))
    return (
        f'<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none"><rect y="3.5" '
        f'width="100" height="1" fill="#211d18"/><rect x="{low:.1f}" y="2" '
        f'width="{max(0.6, high - low):.1f}" height="4" fill="{colour}" fill-opacity=".55"/>'
        f'<rect x="{max(0.0, mid - 0.4):.1f}" width="0.8" height="8" fill="#efe7d6"/></svg>'
    )


def _row(day: Day, crowd: Sequence[int], most: int, y: float, scale: float, opens_h: float,
         paint: Mapping[str, str]) -> str:  # fmt: skip
    base = y + ROW - BAND - 6
    came = len(day.visits)
    parts = [f'<text x="0" y="{base + 13}" fill="#efe7d6">{escape(day.weekday)}</text>',
             f'<text class="mark" x="0" y="{base - 4}">{came} visitors</text>']  # fmt: skip
    for stay in day.acts:
        x, wide = LEFT + stay.from_s * scale, (stay.to_s - stay.from_s) * scale
        told = (f"{stay.act}, {clock(opens_h, stay.from_s)} to {clock(opens_h, stay.to_s)}, "
                f"{span(stay.to_s - stay.from_s)}")  # fmt: skip
        parts.append(f'<g><title>{escape(told)}</title><rect x="{x:.1f}" y="{base}" '
                     f'width="{max(0.4, wide - 0.4):.1f}" height="{BAND}" '
                     f'fill="{paint.get(stay.act, "#555")}"/></g>')  # fmt: skip
    tall = ROW - BAND - 14
    points = "".join(f"L{LEFT + n * STEP_S * scale:.1f} {base - 2 - tall * many / most:.1f}"
                     for n, many in enumerate(crowd))  # fmt: skip
    end = LEFT + (len(crowd) - 1) * STEP_S * scale
    parts.append(
        f'<path d="M{LEFT} {base - 2}{points}L{end:.1f} {base - 2}Z" fill="#efe7d6" '
        f'fill-opacity=".16" stroke="#efe7d6" stroke-opacity=".5" stroke-width=".8"/>'
    )
    return "".join(parts)


def _present(visits: Sequence[Seen], open_s: float) -> list[int]:
    """The most who were there in each five minutes, sampled every minute."""

    def there(t_s: float) -> int:
        return sum(visit.came_s <= t_s < visit.left_s for visit in visits)

    return [max(there(n * STEP_S + minute * 60.0) for minute in range(5))
            for n in range(int(open_s // STEP_S))] + [there(open_s)]  # fmt: skip
