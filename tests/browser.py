"""A headless Chromium for tests of the report."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")


def lacking() -> str | None:
    """Return what is not there to run one; None where everything is."""
    if not CHROMIUM or not DRIVER:
        return "no chromium and chromedriver here: `make system-deps` installs them"
    if find_spec("selenium") is None:
        return "no selenium here: `make test-all` installs it"
    return None


@contextmanager
def chromium(width: int, height: int, scheme: str = "light") -> Iterator[Any]:
    """Yield a browser of a size, with a preferred colour scheme."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    try:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        preferred = [{"name": "prefers-color-scheme", "value": scheme}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": preferred})
        yield driver
    finally:
        driver.quit()


def visit(driver: Any, site: Path, page: str) -> None:
    """Open a page of a site from the disk, anew."""
    driver.get("about:blank")
    driver.get(f"{(site / 'index.html').as_uri()}#/{page}")


def marks(driver: Any, view: str) -> list[tuple[str, str]]:
    """Return the surface and the type of each span marked in a view, in text order.

    A span that others overlap is in several pieces; its surface is that of all.
    """
    found: list[tuple[str, str]] = driver.execute_script(MARKS, view)
    return [(surface, kind) for surface, kind in found]


MARKS = """
const spans = new Map();
for (const mark of document.querySelectorAll(`[data-view="${arguments[0]}"] mark`)) {
  const types = mark.querySelector("i")?.dataset.type.split(" · ") ?? [];
  const passage = mark.closest("article").querySelector("h2").textContent;
  for (const name of mark.dataset.spans.split(" ")) {
    const key = `${passage} ${name}`;
    const [surface] = spans.get(key) ?? ["", ""];
    spans.set(key, [surface + mark.textContent, types[types.length - 1] ?? ""]);
  }
}
return [...spans.values()];
"""
