"""A real Chromium, and one check for every page that is opened in it."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed with each module: while it is open, this thread has a running loop, and no other test could have one."""
    executable = _chromium()
    if executable is None:
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page; a script error or a breach of the content security policy fails the test."""
    context = browser.new_context()
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert troubles == []


@pytest.fixture
def expect_sound() -> Callable[[Page], None]:
    """What holds for every page: a title, one h1, no id twice, and axe finds no violation."""

    def check(page: Page) -> None:
        assert page.title().strip()
        assert page.locator("h1").count() == 1
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
        assert len(ids) == len(set(ids))
        violations = Axe().run(page)["violations"]
        assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in violations] == []

    return check
