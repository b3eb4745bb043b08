"""The report in a real Chromium: no accessibility violations, nothing blocked by its own policy, nothing cut off."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from integration.report_sample import sample_report
from remit.adapters.formats.report import render_html
from remit.conversations import IntentName

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render_html(sample_report()), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_with_everything_open(browser: Browser, address: str, scheme: str) -> None:
    from axe_core_python.sync_playwright import Axe

    # The page's own policy forbids every script, axe's too.
    context = browser.new_context(bypass_csp=True, color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")

    violations = Axe().run(page)["violations"]
    context.close()

    assert [(one["id"], len(one["nodes"])) for one in violations] == []


def test_the_browser_blocks_nothing_and_asks_for_nothing(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: requests.append(request.url))

    page.goto(address)
    size = page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize")
    context.close()

    assert complaints == []
    assert requests == [address]
    assert size == "33.6px", "the style sheet was not applied"


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_itself_never_scrolls_sideways(browser: Browser, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(address)

    scroll_width = page.evaluate("document.documentElement.scrollWidth")
    context.close()

    assert scroll_width <= width


def test_long_intent_names_do_not_widen_a_phone(browser: Browser, tmp_path: Path) -> None:
    report, long = sample_report(), IntentName("update_reservation_baggages+update_reservation_flights")
    run = replace(report.runs[0], trials=tuple(replace(one, intent=long) for one in report.runs[0].trials))
    verdicts = tuple(replace(one, intent=long) for one in report.verdicts)
    path = tmp_path / "long.html"
    path.write_text(render_html(replace(report, runs=(run,), verdicts=verdicts)), encoding="utf-8")
    context = browser.new_context(viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")

    scroll_width = page.evaluate("document.documentElement.scrollWidth")
    context.close()

    assert scroll_width <= 390


def test_print_shows_every_transcript(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    page.emulate_media(media="print")

    hidden = page.evaluate(
        "[...document.querySelectorAll('.talk')].filter(one => one.getBoundingClientRect().height === 0).length"
    )
    context.close()

    assert hidden == 0
