"""The staff page in a real browser, before a real show with nodes on ptys."""

from __future__ import annotations

import math
import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

sys.path.insert(0, str(Path(__file__).parent))

from browser import chromium
from house import DEADLINE_S, House, port_of, served, wait_for

from installation.panel.app import make_app

TABLET = {"width": 1024, "height": 768}
HOLD_S = 1.5
FINE = "Everything is fine."
ON = re.compile("true")
OFF = re.compile("false")

expect.set_options(timeout=DEADLINE_S * 1000)


class Gallery:
    """A house, its panel and a tablet that looks at it."""

    def __init__(self, house: House, browser: Browser) -> None:
        self.house, self._browser = house, browser
        self._panel = ExitStack()
        self.port = self.mistakes = 0
        self.open_panel()

    def open_panel(self) -> None:
        """On the port that it had before, if it had one."""
        app = make_app(self.house.bus)
        self.port = port_of(self._panel.enter_context(served(app, self.port)))

    def close_panel(self) -> None:
        self._panel.close()

    def tablet(self, size: dict[str, int] = TABLET) -> Page:
        page = self._browser.new_page(viewport=size)  # type: ignore[arg-type]
        page.on("pageerror", self._complain)
        page.goto(f"http://127.0.0.1:{self.port}")
        expect(page.locator("#sentence")).to_have_text(FINE)
        return page

    def heard(self, verb: str) -> list[float]:
        """The moments at which the show was asked for it, in seconds."""
        return [moment_s for moment_s, asked in self.house.commands if asked == verb]

    def _complain(self, mistake: object) -> None:
        self.mistakes += 1
        print(mistake)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def gallery(browser: Browser, tmp_path: Path) -> Iterator[Gallery]:
    with opened(browser, tmp_path) as gallery:
        yield gallery


@contextmanager
def opened(browser: Browser, folder: Path) -> Iterator[Gallery]:
    house = House(folder)
    try:
        gallery = Gallery(house, browser)
        try:
            yield gallery
        finally:
            for page in [page for context in browser.contexts for page in context.pages]:
                page.close()
            gallery.close_panel()
    finally:
        house.close()
    assert gallery.mistakes == 0


def key(page: Page, name: str) -> Locator:
    """A button by the words on it."""
    return page.get_by_role("button", name=re.compile(f"^{name}"))


def test_the_page_says_what_is_on_and_what_go_will_do(gallery: Gallery) -> None:
    page = gallery.tablet()
    expect(page.locator("#show")).to_have_text("A Small Show")
    expect(page.get_by_role("heading", level=1)).to_have_text("Waiting")
    expect(page.locator("#scene")).to_have_text("First look")
    expect(page.locator("#scene-time")).to_have_text(re.compile(r"^0:0\d$"))
    expect(key(page, "GO")).to_contain_text("Act: Opening Night")
    expect(page.locator(".node")).to_contain_text(["Plinth", "Heap"])
    expect(page.locator(".process")).to_contain_text(["Show", "Stage", "Sound"])
    expect(page.get_by_text("Touch 1")).to_be_visible()


def test_go_moves_the_show(gallery: Gallery) -> None:
    page = gallery.tablet()
    key(page, "GO").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Opening Night")
    expect(key(page, "GO")).to_contain_text("Cue N1")
    assert len(gallery.heard("go")) == 1


def test_go_pressed_twice_is_refused_for_all_to_see(gallery: Gallery) -> None:
    page = gallery.tablet()
    key(page, "GO").dblclick()
    expect(page.locator("#notice")).to_have_text("GO was pressed less than half a second ago.")
    expect(key(page, "GO")).to_have_attribute("data-refused", ON)
    expect(page.get_by_role("heading", level=1)).to_have_text("Opening Night")
    expect(key(page, "GO")).to_contain_text("Cue N1")


def test_hold_changes_its_word_only_when_the_show_has_confirmed(gallery: Gallery) -> None:
    page = gallery.tablet()
    key(page, "Hold").click()
    expect(key(page, "Resume")).to_be_visible()
    expect(page.locator("#modes")).to_have_text("Held")
    expect(key(page, "GO")).to_be_disabled()
    key(page, "Resume").click()
    expect(key(page, "Hold")).to_be_visible()
    expect(key(page, "GO")).to_be_enabled()


def test_a_show_that_does_not_answer_is_said_after_two_seconds(gallery: Gallery) -> None:
    page = gallery.tablet()
    page.route("**/api/command", lambda route: None)
    key(page, "Hold").click()
    expect(key(page, "Hold")).to_have_attribute("aria-busy", ON)
    expect(page.locator("#notice")).to_have_text("Hold: no answer within 2 seconds.")
    expect(key(page, "Hold")).to_have_attribute("aria-busy", OFF)


def test_blackout_needs_the_whole_hold_and_light_one_tap(gallery: Gallery) -> None:
    page = gallery.tablet()
    key(page, "Blackout").hover()
    page.mouse.down()
    expect(key(page, "Blackout")).to_have_attribute("data-holding", ON)
    page.mouse.up()
    expect(key(page, "Blackout")).not_to_have_attribute("data-holding", ON)

    begun_s = time.monotonic()
    page.mouse.down()
    expect(key(page, "Light again")).to_be_visible()
    page.mouse.up()
    assert [moment_s - begun_s > HOLD_S - 0.05 for moment_s in gallery.heard("blackout")] == [True]

    key(page, "Light again").click()
    expect(key(page, "Blackout")).to_be_visible()
    assert len(gallery.heard("light")) == 1


def test_blackout_by_keyboard_is_held_as_long(gallery: Gallery) -> None:
    page = gallery.tablet()
    key(page, "Blackout").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    for times, pressed in enumerate(("Space", "Enter"), 1):
        begun_s = time.monotonic()
        page.keyboard.down(pressed)
        expect(key(page, "Light again")).to_be_visible()
        page.keyboard.down(pressed)
        page.keyboard.up(pressed)
        assert len(gallery.heard("blackout")) == times
        assert gallery.heard("blackout")[-1] - begun_s > HOLD_S - 0.05

        page.keyboard.press(pressed)
        expect(key(page, "Blackout")).to_be_visible()
        assert len(gallery.heard("light")) == times


def test_stop_takes_one_tap_and_rearm_another(gallery: Gallery) -> None:
    page = gallery.tablet()
    key(page, "STOP").click()
    expect(key(page, "Stopped")).to_be_visible()
    expect(key(page, "Hold")).to_be_hidden()
    expect(key(page, "GO")).to_be_disabled()
    key(page, "Rearm").click()
    expect(key(page, "STOP")).to_be_visible()
    expect(key(page, "GO")).to_be_enabled()
    assert (len(gallery.heard("stop")), len(gallery.heard("rearm"))) == (1, 1)


def test_stop_tapped_twice_in_alarm_stays_stopped(gallery: Gallery) -> None:
    page = gallery.tablet()
    key(page, "STOP").dblclick()
    expect(key(page, "Stopped")).to_be_visible()
    key(page, "Stopped").click()
    wait_for(lambda: len(gallery.heard("stop")) == 3)
    expect(key(page, "Stopped")).to_be_visible()
    assert gallery.heard("rearm") == []


def test_everything_can_be_done_from_the_keyboard(gallery: Gallery) -> None:
    page = gallery.tablet()
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.locator(":focus").get_attribute("id"))
        outline = page.locator(":focus").evaluate("e => getComputedStyle(e).outlineStyle")
        assert outline == "solid"
    assert reached == ["go", "hold", "blackout", "stop"]
    page.keyboard.press("Enter")
    expect(key(page, "Stopped")).to_be_visible()


# Before the page's own handler, which may already put in the picture after it.
AT_NEXT_LOAD = """e => new Promise((done) => document.addEventListener("load",
  () => done([e.naturalWidth, e.naturalHeight]), { capture: true, once: true }))"""


def test_the_live_picture_appears_while_the_page_is_seen(gallery: Gallery) -> None:
    page = gallery.tablet()
    live = page.get_by_role("img", name="What is on the walls now")
    expect(live).to_be_visible()
    assert live.evaluate(AT_NEXT_LOAD) == [640, 120]
    expect(page.locator("#no-picture")).to_be_empty()


def test_a_silent_node_is_said_in_words_and_comes_back(gallery: Gallery) -> None:
    page = gallery.tablet()
    gallery.house.unplug("heap")
    expect(page.locator("#sentence")).to_have_text(
        "The heap is silent; the show goes on without it."
    )
    heap = page.locator(".node", has_text="Heap")
    expect(heap).to_contain_text("Silent")
    expect(heap).to_have_attribute("data-level", "trouble")
    expect(page.locator(".trace", has_text="Touch 1").get_by_label("unknown")).to_be_visible()
    gallery.house.plug("heap")
    expect(page.locator("#sentence")).to_have_text(FINE)
    expect(heap).to_contain_text("Live")


def test_a_sensor_that_does_not_answer_is_named_with_its_cause(gallery: Gallery) -> None:
    page = gallery.tablet()
    gallery.house.nodes["plinth"].node.feel({"weight": math.nan})
    expect(page.locator("#sentence")).to_have_text(
        "Somebody should look at weight of the plinth: see Sensors."
    )
    plinth = page.locator(".node", has_text="Plinth")
    expect(plinth).to_contain_text("Look at it")
    expect(plinth).to_contain_text("weight does not answer: its sensor or its wire")
    expect(page.locator(".trace", has_text="Weight").get_by_label("unknown")).to_be_visible()
    gallery.house.nodes["plinth"].node.feel({"weight": 0.0})
    expect(page.locator("#sentence")).to_have_text(FINE)


def test_a_process_that_does_not_answer_is_said_in_words(gallery: Gallery) -> None:
    page = gallery.tablet()
    gallery.house.absent.add("sound")
    expect(page.locator("#sentence")).to_have_text(
        "The sound is not answering; the show goes on without it."
    )
    expect(page.locator(".process", has_text="Sound")).to_contain_text("Silent")


def test_old_news_is_greyed_and_only_stop_stays_until_news_comes_back(gallery: Gallery) -> None:
    page = gallery.tablet()
    gallery.close_panel()
    expect(page.locator("#sentence")).to_have_text(
        "What you see is old; the show is still running."
    )
    expect(page.locator("body")).to_have_attribute("data-stale", ON)
    for name in ("GO", "Hold", "Blackout"):
        expect(key(page, name)).to_be_disabled()
    expect(key(page, "STOP")).to_be_enabled()
    key(page, "STOP").click()
    expect(page.locator("#notice")).to_contain_text("Press it again.")

    gallery.open_panel()
    expect(page.locator("#sentence")).to_have_text(FINE)
    expect(key(page, "GO")).to_be_enabled()
    key(page, "GO").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Opening Night")


def test_the_health_is_spoken_once_for_each_change(gallery: Gallery) -> None:
    page = gallery.tablet()
    expect(page.locator("#health")).to_have_attribute("role", "status")
    page.evaluate("""() => {
        window.changes = 0;
        const look = new MutationObserver((all) => { window.changes += all.length; });
        look.observe(document.getElementById("health"), {subtree: true, childList: true,
            characterData: true});
    }""")
    key(page, "Hold").click()
    expect(page.locator("#sentence")).to_have_text("The show is held until you resume it.")
    expect(page.locator("#show-time")).to_have_text(re.compile(r"^0:0[2-9]$"))
    assert page.evaluate("() => window.changes") == 1


def test_a_tablet_shows_it_all_without_scrolling(gallery: Gallery) -> None:
    page = gallery.tablet()
    for width, height in ((1024, 768), (1280, 800)):
        page.set_viewport_size({"width": width, "height": height})
        across, down = page.evaluate(
            "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        assert (across <= width, down <= height) == (True, True)
        for name in ("GO", "Hold", "Blackout", "STOP"):
            box = key(page, name).bounding_box()
            assert box is not None
            assert (box["width"] >= 88, box["height"] >= 88) == (True, True)


def test_a_telephone_keeps_the_controls_in_sight(gallery: Gallery) -> None:
    page = gallery.tablet({"width": 390, "height": 844})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    page.mouse.wheel(0, 2000)
    for name in ("GO", "Hold", "Blackout", "STOP"):
        expect(key(page, name)).to_be_in_viewport(ratio=1)
