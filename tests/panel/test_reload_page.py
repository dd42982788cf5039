"""What staff read of an edit of the show's files, in a real browser before a real show."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

sys.path.insert(0, str(Path(__file__).parent))

from browser import chromium
from house import DEADLINE_S, House, port_of, served, small_show

from installation.edition import TOPIC, Edition
from installation.panel.app import make_app
from installation.showfile.model import Show

expect.set_options(timeout=DEADLINE_S * 1000)
FILES = ("acts/waiting.yaml",)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@contextmanager
def tablet(browser: Browser, house: House) -> Iterator[Page]:
    with served(make_app(house.bus)) as server:
        page = browser.new_page(viewport={"width": 1024, "height": 768})
        mistakes: list[object] = []
        page.on("pageerror", lambda mistake: mistakes.append(mistake))
        page.goto(f"http://127.0.0.1:{port_of(server)}")
        expect(page.locator("#act")).to_have_text("Waiting")
        yield page
        page.close()
    assert mistakes == []


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.close()


def save(house: House, number: int, show: Show | None, *mistakes: str) -> None:
    """What the edits process tells when a file is saved at 12:03."""
    house.bus.publish(TOPIC, Edition(str(number), show, FILES, "12:03", mistakes).told())


def with_scene_more(show: Show) -> Show:
    act = show.acts["waiting"]
    scenes = {**act.scenes, "second": replace(act.scenes["first_look"], name="second")}
    return replace(show, acts={**show.acts, "waiting": replace(act, scenes=scenes)})


def test_before_any_edit_nothing_is_said(browser: Browser, house: House) -> None:
    with tablet(browser, house) as page:
        house.bus.publish(TOPIC, Edition("1", small_show()).told())
        expect(page.locator("#scene-time")).to_have_text("0:02")
        expect(page.locator("#edit")).to_be_hidden()


def test_an_edited_value_plays_now(browser: Browser, house: House) -> None:
    with tablet(browser, house) as page:
        save(house, 1, replace(small_show(), title="A Smaller Show"))
        said = "Edited 12:03, plays now: acts/waiting.yaml."
        expect(page.locator("#edit-sentence")).to_have_text(said)
        expect(page.locator("#show")).to_have_text("A Smaller Show")


def test_a_new_scene_takes_effect_at_the_next_scene_and_then_plays(
    browser: Browser, house: House
) -> None:
    with tablet(browser, house) as page:
        save(house, 1, with_scene_more(small_show()))
        sentence = page.locator("#edit-sentence")
        expect(sentence).to_have_text(
            "Edited 12:03, takes effect at the next scene: acts/waiting.yaml."
        )
        page.get_by_role("button", name=re.compile("^GO")).click()
        expect(sentence).to_have_text("Edited 12:03, plays now: acts/waiting.yaml.")
        expect(page.locator("#act")).to_have_text("Opening Night")


def test_mistakes_are_listed_with_their_places_and_the_show_goes_on(
    browser: Browser, house: House
) -> None:
    mistakes = [f"acts/waiting.yaml:{line}:5: unknown layer 'lmap'" for line in range(1, 10)]
    with tablet(browser, house) as page:
        save(house, 1, None, *mistakes)
        expect(page.locator("#edit-sentence")).to_have_text("Edited 12:03, not loaded: 9 mistakes.")
        expect(page.locator("#edit-mistakes li")).to_have_text([*mistakes[:3], "and 6 more"])
        expect(page.get_by_role("button", name=re.compile("^STOP"))).to_be_in_viewport(ratio=1)
        page.get_by_role("button", name=re.compile("^GO")).click()
        expect(page.locator("#act")).to_have_text("Opening Night")
        save(house, 2, small_show())
        expect(page.locator("#edit-mistakes li")).to_have_count(0)


def test_other_gear_asks_for_a_restart(browser: Browser, house: House) -> None:
    show = small_show()
    with tablet(browser, house) as page:
        save(house, 1, replace(show, nodes={"plinth": show.nodes["plinth"]}))
        expect(page.locator("#edit-sentence")).to_contain_text("restart to take this up")
