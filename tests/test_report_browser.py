"""The report in a browser, from the disk: no errors, right spans, filters, no axe violation."""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from browser import chromium, lacking, marks, visit
from reach import ROOT
from report_cases import EDGES, HOSTILE, SURE, TEXTS, small_site

from finerweb.report.graph import picture
from finerweb.report.scripts import ADDED, put

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.browser,
    pytest.mark.skipif(lacking() is not None, reason=lacking() or ""),
]
AXE = Path(os.environ.get("AXE", ROOT / ".finerweb" / "axe-core" / "axe.min.js"))
N = sum(map(len, TEXTS.values()))
PAGES = ("", "explorer?view=all&confidence=0.001", "labels", "costs", "language/arb_Arab")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = small_site(tmp_path_factory.mktemp("report"))
    stages = {"a": {"outs": ["x"], "desc": "<b>"}, "b": {"deps": ["x"], "matrix": {"m": "l"}}}
    (folder / "data" / f"{ADDED}.js").unlink()
    put(folder, ADDED, {"graph": picture(stages), "runs": [], "against": None})
    return folder


@pytest.fixture(scope="module")
def wide() -> Iterator[Any]:
    with chromium(1280, 900) as driver:
        yield driver


@pytest.fixture
def look(wide: Any, site: Path) -> Callable[[str], Any]:
    """Return a function that opens a page and returns the browser once all passages are there."""

    def opened(page: str) -> Any:
        visit(wide, site, page)
        wait(wide, lambda: is_whole(wide))
        return wide

    return opened


def wait(driver: Any, until: Callable[[], bool]) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(driver, 10, poll_frequency=0.05).until(lambda _: until())


def told(driver: Any) -> str:
    """Return what the page says of how many rows it shows."""
    found: str = driver.execute_script("return document.querySelector('.count')?.textContent ?? ''")
    return found


def is_whole(driver: Any) -> bool:
    """Return whether everything that the page asked for is there."""
    is_loading = driver.execute_script("return document.querySelector('.loading') !== null")
    return "so far" not in told(driver) and not is_loading


def fill(driver: Any, name: str, value: str) -> None:
    """Set a filter as a user does, by keyboard."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.select import Select

    field = driver.find_element(By.NAME, name)
    if field.tag_name == "select":
        Select(field).select_by_value(value)
    elif field.get_attribute("type") == "range":
        steps = driver.execute_script("return finerweb.data.site.confidence.steps")
        n = [confidence for confidence, _ in steps].index(float(value)) + 1 if value else 0
        field.send_keys(Keys.HOME + Keys.ARROW_RIGHT * n)
    else:
        field.clear()
        field.send_keys(value)


@pytest.mark.parametrize("page", PAGES)
def test_no_errors(look: Callable[[str], Any], page: str) -> None:
    driver = look(page)
    assert driver.title.endswith(" – finerweb")
    assert driver.get_log("browser") == []


@pytest.mark.parametrize("code", TEXTS)
def test_spans_at_the_right_characters(look: Callable[[str], Any], code: str) -> None:
    driver = look(f"explorer?language={code}&view=all")
    found = [said for _, some in TEXTS[code] for said in some]
    assert marks(driver, "merged") == found
    assert marks(driver, "b") == [some[0] for _, some in TEXTS[code]]
    script = "return [...document.querySelectorAll('[data-view=merged] .text')]"
    texts = driver.execute_script(f"{script}.map((p) => p.textContent)")
    assert texts == [text for text, _ in TEXTS[code]]


def test_a_span_inside_letters_is_widened_to_them(look: Callable[[str], Any]) -> None:
    # [1, 4) of "น้ำตก" begins behind a consonant that has a tone mark; of "प्रे", behind its virama's.
    for code, whole in (("tha_Thai", "น้ำต"), ("hin_Deva", "प्रे")):
        driver = look(f"explorer?language={code}&view=all")
        assert (whole, "inside") in marks(driver, "a"), code


def test_right_to_left(look: Callable[[str], Any]) -> None:
    driver = look("explorer?language=arb_Arab")
    script = """
      const text = document.querySelector('.text');
      const places = [...text.querySelectorAll('mark')].map((m) => m.getBoundingClientRect());
      return [getComputedStyle(text).direction, text.lang, places[0].left > places[1].right];
    """
    assert driver.execute_script(script) == ["rtl", "ar", True]


def test_a_hostile_text_is_a_text(look: Callable[[str], Any]) -> None:
    driver = look("explorer?search=alert")
    script = "return document.querySelector('.text').textContent"
    assert driver.execute_script(script) == HOSTILE
    count = "return document.querySelectorAll('article img, article script, article b').length"
    assert driver.execute_script(count) == 0
    links = "return [...document.querySelectorAll('article a')].map((a) => a.protocol)"
    assert driver.execute_script(links) == []
    assert driver.execute_script("return document.querySelectorAll('.about dd').length") == 3


FILTERS = [
    ({}, N),
    ({"language": "tha_Thai"}, 1),
    ({"script": "Latn"}, 2),
    ({"type": "city"}, 5),
    ({"type": "PERSON"}, 4),
    ({"source": "b", "type": "city"}, 0),
    ({"agreement": "exact"}, N),
    ({"agreement": "one"}, 5),
    ({"agreement": "overlap"}, 0),
    ({"search": "köln"}, 1),
    ({"search": "กาญจน"}, 1),
    ({"search": "بيروت", "type": "city"}, 1),
    ({"search": "北京", "language": "tha_Thai"}, 0),
    ({"confidence": "0.01"}, 3),
    ({"confidence": "0.001"}, 4),
    ({"confidence": "0.0001"}, 5),
    ({"confidence": "0.001", "type": "city"}, 2),
    ({"confidence": "0.01", "agreement": "exact"}, 1),
    ({"confidence": "0.001", "script": "Arab"}, 1),
]


@pytest.mark.parametrize(("filters", "n"), FILTERS, ids=[" ".join(f) or "none" for f, _ in FILTERS])
def test_filters(look: Callable[[str], Any], filters: dict[str, str], n: int) -> None:
    driver = look("explorer")
    for name, value in filters.items():
        fill(driver, name, value)
    wait(driver, lambda: told(driver).startswith(f"{n} of ") and "so far" not in told(driver))
    assert len(driver.execute_script("return [...document.querySelectorAll('article')]")) == n
    address = driver.current_url
    assert look(address.partition("#/")[2]) is driver
    assert told(driver).startswith(f"{n} of ")


def matched(driver: Any) -> list[str]:
    """Return the surfaces of the entities that are framed, sorted."""
    script = "return [...document.querySelectorAll('mark.match')].map((one) => one.textContent)"
    return sorted(driver.execute_script(script))


@pytest.mark.parametrize(
    ("asked", "sure"),
    [
        ("0.01", ["Ada", "กาญจนบุรี", "北京"]),
        ("0.001", ["Ada", "فيروز", "กาญจนบุรี", "𠮷野家", "北京"]),
        ("0.05", ["Ada"]),
        ("0.95", []),
        ("0..0.0001", ["بيروت", "वाराणसी"]),
        ("0.0001..0.001", ["London", "प्रेमचंद"]),
        ("0", [name for name, one in SURE.items() if not isinstance(one, str)]),
    ],
)
def test_entities_that_are_sure_enough(
    look: Callable[[str], Any], asked: str, sure: list[str]
) -> None:
    driver = look(f"explorer?confidence={asked}")
    assert matched(driver) == sorted(sure)
    assert driver.get_log("browser") == []


def test_confidence_by_steps(look: Callable[[str], Any]) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    driver = look("explorer")
    field = driver.find_element(By.NAME, "confidence")
    heard: list[str] = []
    for key in (Keys.HOME, *[Keys.ARROW_RIGHT] * 9):
        field.send_keys(key)
        heard.append(field.get_attribute("aria-valuetext"))
    assert heard[0] == "any"
    assert len(set(heard)) == len(heard), "each step moves something"
    fill(driver, "confidence", "0.001")
    assert field.get_attribute("aria-valuetext") == "from 0.001: 5 of 9"
    marked = "return [...document.querySelectorAll('#edges option')].map((one) => +one.value)"
    steps = driver.execute_script("return finerweb.data.site.confidence.steps")
    assert [steps[place - 1][0] for place in driver.execute_script(marked)] == EDGES
    driver.find_element(By.XPATH, "//button[.='Clear']").click()
    wait(driver, lambda: told(driver) == f"{N} of {N} passages")
    assert field.get_attribute("aria-valuetext") == "any"


@pytest.mark.parametrize("asked", ["", "abc", "NaN", "Infinity"])
def test_a_confidence_that_is_no_number_asks_for_nothing(
    look: Callable[[str], Any], asked: str
) -> None:
    driver = look(f"explorer?confidence={asked}")
    assert told(driver) == f"{N} of {N} passages"


def test_no_filter_without_confidence(wide: Any, tmp_path: Path) -> None:
    site = small_site(tmp_path, has_confidence=False)
    visit(wide, site, "explorer?confidence=0.01")
    wait(wide, lambda: told(wide) == f"{N} of {N} passages")
    assert wide.execute_script("return document.querySelector('[name=confidence]')") is None
    visit(wide, site, "")
    assert "Confidence" not in wide.execute_script("return document.body.textContent")


@pytest.mark.parametrize(
    ("language", "place", "said"),
    [
        ("arb_Arab", 0, "confidence 0.002345, subset 3 of 4"),
        ("hin_Deva", 1, "confidence 0.000001234, subset 1 of 4"),
        ("tha_Thai", 0, "no confidence: wider than max_width"),
    ],
)
def test_confidence_in_the_tip(
    look: Callable[[str], Any], language: str, place: int, said: str
) -> None:
    driver = look(f"explorer?language={language}")
    driver.execute_script(f"document.querySelectorAll('mark')[{place}].focus()")
    tip = partial(driver.execute_script, "return document.querySelector('#tip').textContent")
    wait(driver, lambda: said in tip())


def test_subsets_of_the_run(look: Callable[[str], Any]) -> None:
    driver = look("")
    rows = driver.execute_script(
        "return [...document.querySelectorAll('h2')].find((h) => h.textContent === 'Confidence')"
        ".parentElement.querySelectorAll('[aria-label^=Entities] tbody tr')"
    )
    assert [row.text for row in rows] == [
        "1, the least sure below 0.0001 2 22.2 % 25.0 % 25.0 %",
        "2 0.0001 to 0.001 2 22.2 % – –",
        "3 0.001 to 0.01 2 22.2 % 50.0 % 50.0 %",
        "4, the surest 0.01 and more 3 33.3 % 100.0 % 100.0 %",
    ]
    rows[2].find_element("css selector", "a").click()
    wait(driver, lambda: told(driver) == f"2 of {N} passages")
    assert matched(driver) == sorted(["فيروز", "𠮷野家"])
    field = driver.find_element("name", "confidence")
    assert field.get_attribute("aria-valuetext") == "0.001 to 0.01"


def test_a_tip_by_keyboard(look: Callable[[str], Any]) -> None:
    from selenium.webdriver.common.keys import Keys

    driver = look("explorer?language=hin_Deva")
    driver.execute_script("document.querySelector('mark').focus()")
    tip = partial(driver.execute_script, "return document.querySelector('#tip').textContent")
    wait(driver, lambda: "person" in tip())
    assert "[0, 8)" in tip()
    assert "annotators agree on the span" in tip()
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait(driver, lambda: tip() == "")


def test_a_tip_stays_with_what_was_scrolled_to(look: Callable[[str], Any]) -> None:
    driver = look("explorer?language=tha_Thai")
    driver.execute_script("document.querySelector('main').style.paddingTop = '3000px'")
    script = """
      const done = arguments[0];
      const mark = document.querySelector('mark');
      mark.focus();
      setTimeout(() => {
        const tip = document.querySelector('#tip');
        const apart = tip.getBoundingClientRect().bottom - mark.getBoundingClientRect().top;
        done([scrollY > 1000, tip.textContent.includes('natural feature'), Math.abs(apart) < 300]);
      }, 500);
    """
    assert driver.execute_async_script(script) == [True, True, True]
    driver.execute_script("document.activeElement.blur(); scrollTo(0, 0)")
    wait(driver, lambda: driver.execute_script("return document.querySelector('#tip').hidden"))


@pytest.mark.parametrize(
    ("page", "file"),
    [
        ("explorer", "tha_Thai.0.js"),
        ("explorer?language=tha_Thai&view=all", "tha_Thai.audit.0.js"),
        ("language/tha_Thai", "tha_Thai.js"),
        ("labels", "labels.0.js"),
    ],
)
def test_a_script_that_is_lost_is_named(
    wide: Any, site: Path, tmp_path: Path, page: str, file: str
) -> None:
    """What can be shown is, and nothing loads for ever."""
    copy = Path(shutil.copytree(site, tmp_path / "site"))
    (copy / "data" / file).unlink()
    visit(wide, copy, page)
    alerts = "return [...document.querySelectorAll('[role=alert]')].map((p) => p.textContent)"
    wait(wide, lambda: bool(wide.execute_script(alerts)))
    wait(wide, lambda: is_whole(wide))
    assert all(f"data/{file} cannot be loaded" in said for said in wide.execute_script(alerts))
    if page == "explorer":
        assert wide.execute_script("return document.querySelectorAll('article').length") > 0
    wide.get_log("browser")


def test_labels_by_search_and_by_concept(look: Callable[[str], Any]) -> None:
    driver = look("labels")
    wait(driver, lambda: told(driver) == "5 of 5 labels")
    fill(driver, "label", "CIT")
    wait(driver, lambda: told(driver) == "1 of 5 labels")
    driver = look("labels?concept=person")
    wait(driver, lambda: told(driver) == "1 of 5 labels")


def test_dark_by_switch(look: Callable[[str], Any]) -> None:
    driver = look("")
    ground = partial(
        driver.execute_script, "return getComputedStyle(document.body).backgroundColor"
    )
    assert ground() == "rgb(255, 255, 255)"
    fill(driver, "theme", "dark")
    wait(driver, lambda: ground() == "rgb(21, 24, 28)")
    look("labels")
    assert ground() == "rgb(21, 24, 28)"
    fill(driver, "theme", "")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_accessible(site: Path, page: str, scheme: str, width: int) -> None:
    if not AXE.is_file():
        pytest.skip(f"no {AXE}: `make system-deps` fetches it")
    with chromium(width, 900, scheme) as driver:
        visit(driver, site, page)
        wait(driver, lambda: is_whole(driver))
        driver.execute_script("document.querySelectorAll('details').forEach((d) => d.open = true)")
        driver.execute_script(AXE.read_text("utf-8"))
        found = driver.execute_async_script(
            "axe.run().then((r) => arguments[0](r.violations.map("
            "(v) => [v.id, v.nodes.map((n) => n.html.slice(0, 200) + n.failureSummary)])))"
        )
        assert found == []
        wider = driver.execute_script("return document.documentElement.scrollWidth > innerWidth")
        assert not wider
