"""The staff's button "Save the last five minutes", and what it says."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

sys.path.insert(0, str(Path(__file__).parents[1] / "panel"))

from browser import chromium
from house import DEADLINE_S, port_of, served

from installation.bus import MemoryBus
from installation.panel.app import make_app
from installation.run.recording.keeping import Records, recorded
from installation.run.recording.reading import Recording
from installation.run.recording.replaying import verify
from tests.recording.evening import Evening, small_show

expect.set_options(timeout=DEADLINE_S * 1000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def test_a_tap_saves_what_was_played_and_says_where(browser: Browser, tmp_path: Path) -> None:
    bus, evening = MemoryBus(), Evening(small_show(tmp_path / "show"))
    records = Records(tmp_path / "show", tmp_path / "recordings")
    with (
        recorded(evening.conductor, bus, records, evening.conductor.begun_us),
        served(make_app(bus)) as server,
    ):
        evening.play(30)
        page = browser.new_page(viewport={"width": 1024, "height": 768})
        page.goto(f"http://127.0.0.1:{port_of(server)}")
        page.get_by_role("button", name="Save the last five minutes").click()
        expect(page.locator("#saved")).to_contain_text("The last 0 min 30 s are saved: saved-")
        expect(page.locator("#saved")).to_have_attribute("data-good", "true")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.close()
    (saved,) = (tmp_path / "recordings").iterdir()
    assert not verify(Recording(saved)).differs


def test_a_refusal_is_said_on_the_page(browser: Browser) -> None:
    bus = MemoryBus()

    def refuse(topic: str, payload: bytes) -> None:
        reply = {"id": json.loads(payload)["id"], "done": False, "why": "the disk is full"}
        bus.publish("reply", json.dumps(reply).encode())

    bus.subscribe("save", refuse)
    with served(make_app(bus)) as server:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port_of(server)}")
        page.get_by_role("button", name="Save the last five minutes").click()
        expect(page.locator("#saved")).to_have_text("The disk is full.")
        expect(page.locator("#saved")).to_have_attribute("data-good", "false")
        page.close()


def test_a_disk_that_cannot_be_written_is_the_answer(tmp_path: Path) -> None:
    bus, evening = MemoryBus(), Evening(small_show(tmp_path / "show"))
    (tmp_path / "recordings").write_text("a file where the folder should be")
    records = Records(tmp_path / "show", tmp_path / "recordings")
    with (
        recorded(evening.conductor, bus, records, evening.conductor.begun_us),
        served(make_app(bus)) as server,
    ):
        evening.play(5)
        answer = httpx.post(f"http://127.0.0.1:{port_of(server)}/api/save", timeout=30)
    assert answer.status_code == 409
    assert "cannot be written" in answer.json()["why"]
