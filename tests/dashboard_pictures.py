"""Makes the pictures of the dashboard in the documentation: ``python -m tests.dashboard_pictures``.

They show the sample federation; take them anew when a page looks different.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from server.accounts.guard import SESSION_COOKIE
from server.accounts.services import open_accounts
from tests.dashboard_server import add_accounts, dashboard
from tests.review_browser import chromium
from tests.sample_federation import WAITING, write_federation

FOLDER = Path(__file__).parents[1] / "docs" / "images"
PICTURES = {
    "dashboard-federation": "/",
    "dashboard-run": "/runs/run-0026",
    "dashboard-results": "/results",
    "dashboard-drift": "/drift?hospital=Porto",
    "dashboard-model": f"/models/{WAITING}",
}
# What is seen before that.
SIGN_IN = "dashboard-sign-in"
WIDTH, HEIGHT = 1180, 760
# Longer pages are cut below.
LONGEST = 1100


def take(browser: Browser, address: str, session: str, folder: Path) -> None:
    """Take all pictures."""
    context = browser.new_context(locale="en-GB", viewport={"width": WIDTH, "height": HEIGHT})
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.screenshot(path=folder / f"{SIGN_IN}.png")
    context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": address}])
    for name, path in PICTURES.items():
        page.goto(address + path)
        page.wait_for_timeout(500)
        whole = page.evaluate("document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": min(whole, LONGEST)}
        page.screenshot(path=folder / f"{name}.png", full_page=True, clip=clip)  # type: ignore[arg-type]
    context.close()


def main(folder: Path) -> None:
    """Make the sample federation, and take pictures of its dashboard."""
    with tempfile.TemporaryDirectory() as base:
        home = write_federation(Path(base) / "home")
        add_accounts(home)
        session = open_accounts(home).tokens.session("ines.prado")
        with dashboard(home) as address, chromium() as browser:
            take(browser, address, session, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
