"""The chat page in a real browser: each behaviour once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from integration.gateway.serving import serving
from properties.turn_fakes import READ, Stage, call
from remit.conversations import HandoffReason
from remit.policy.proposals import ProposedAnswer, ProposedHandoff

pytestmark = pytest.mark.browser

HOSTILE = "<script>document.title='taken'</script><b>bold</b>"


def answering() -> Stage:
    return Stage([call(READ), ProposedAnswer("It arrives tomorrow.")])


def write(page: Page, address: str, words: str, *, by_mouse: bool = False) -> None:
    page.goto(address)
    page.get_by_label("Your message as a customer").fill(words)
    if by_mouse:
        page.get_by_role("button", name="Send").click()
    else:
        page.keyboard.press("Enter")


def test_a_reply_stands_beside_its_decision(page: Page, tmp_path: Path, expect_sound: Callable[[Page], None]) -> None:
    with serving(answering(), tmp_path / "remit.db") as client:
        page.goto(client.base)
        expect_sound(page)
        page.get_by_label("Your message as a customer").fill("Where is my order?")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text("It arrives tomorrow.")).to_be_visible()
        decision = page.get_by_role("region", name="Decision on this message")
        expect(decision).to_contain_text("Sent")
        expect(decision).to_contain_text("refund (0.97)")
        expect(decision).to_contain_text("0.99")
        decision.locator("summary").click()
        expect(decision.get_by_role("row")).to_have_count(3)
        expect_sound(page)


def test_a_handoff_says_why(page: Page, tmp_path: Path, expect_sound: Callable[[Page], None]) -> None:
    stage = Stage([ProposedHandoff(HandoffReason.MISSING_KNOWLEDGE, "not in the articles")])
    with serving(stage, tmp_path / "remit.db") as client:
        write(page, client.base, "Do you sell bicycles?")
        expect(page.get_by_text("Handed off: missing knowledge")).to_be_visible()
        expect(page.get_by_text("Handed to people")).to_be_visible()
        expect(page.get_by_text("People hold this conversation now")).to_be_visible()
        page.get_by_role("link", name="Begin a new one").click()
        expect(page.get_by_text("Nothing has been said yet.")).to_be_visible()
        page.go_back()
        expect(page.get_by_text("Handed to people")).to_be_visible()
        expect_sound(page)


def test_the_page_says_that_the_world_is_simulated_and_shows_the_grants(page: Page, tmp_path: Path) -> None:
    with serving(answering(), tmp_path / "remit.db") as client:
        page.goto(client.base)
        expect(page.get_by_role("note")).to_contain_text("Simulated.")
        grants = page.get_by_role("complementary", name="Permissions (grants)")
        expect(grants.get_by_role("row", name="refund")).to_contain_text("autonomous")


def test_customers_words_are_shown_and_never_run(page: Page, tmp_path: Path) -> None:
    with serving(answering(), tmp_path / "remit.db") as client:
        write(page, client.base, HOSTILE)
        expect(page.get_by_text(HOSTILE)).to_be_visible()
        assert "taken" not in page.title()


def test_without_script_the_page_works_as_a_plain_form(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    with serving(answering(), tmp_path / "remit.db") as client:
        write(page, client.base, "Where is my order?", by_mouse=True)
        expect(page.get_by_text("It arrives tomorrow.")).to_be_visible()
    context.close()


def test_reloading_after_sending_says_nothing_twice(page: Page, tmp_path: Path) -> None:
    with serving(answering(), tmp_path / "remit.db") as client:
        write(page, client.base, "Where is my order?")
        expect(page.get_by_text("It arrives tomorrow.")).to_be_visible()
        page.reload()
        expect(page.get_by_text("It arrives tomorrow.")).to_have_count(1)


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_phones_and_dark_mode_are_readable(
    browser: Browser, tmp_path: Path, expect_sound: Callable[[Page], None], width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    with serving(answering(), tmp_path / "remit.db") as client:
        write(page, client.base, "Where is my order?", by_mouse=True)
        expect(page.get_by_text("It arrives tomorrow.")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        expect_sound(page)
    context.close()
