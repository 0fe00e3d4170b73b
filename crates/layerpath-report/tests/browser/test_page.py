"""The page of a study in a real browser: it loads without errors or requests, and its controls work.

    pytest crates/layerpath-report/tests/browser

needs `pip install pytest playwright`, Chromium (`CHROMIUM` names it where it is not on the path) and the built program.
The page is that of docs/results/cifar10, or of the folder that `STUDY` names. `SCREENSHOTS=FOLDER` keeps pictures to
look at.
"""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
ROOT = Path(__file__).resolve().parents[4]
STUDY = Path(os.environ.get("STUDY", ROOT / "docs" / "results" / "cifar10"))
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "layerpath"

pytestmark = [
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium; install it or set CHROMIUM"),
    pytest.mark.skipif(not (STUDY / "study").is_dir(), reason=f"{STUDY} is no study; name one with STUDY"),
]


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    place = tmp_path_factory.mktemp("report") / "report.html"
    subprocess.run([PROGRAM, "-q", "report", STUDY, "--out", place], check=True)
    return place


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        # WebGL in software, for the pictures in space.
        browser = started.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
        )
        yield browser
        browser.close()


@pytest.fixture(params=["light", "dark"])
def page(request, browser, page_file):
    context = browser.new_context(
        viewport={"width": 1200, "height": 900}, color_scheme=request.param, accept_downloads=True
    )
    page = context.new_page()
    page.mistakes, page.requests, page.scheme = [], [], request.param
    page.on("console", lambda message: message.type == "error" and page.mistakes.append(message.text))
    page.on("pageerror", lambda error: page.mistakes.append(str(error)))
    page.on("request", lambda one: page.requests.append(one.url))
    started = time.perf_counter()
    page.goto(page_file.as_uri())
    # Figures are drawn when they come into view.
    first = page.locator(".plot").first
    first.scroll_into_view_if_needed()
    first.locator(".main-svg").first.wait_for()
    took, size = time.perf_counter() - started, page_file.stat().st_size / 1e6
    page.evaluate("window.scrollTo(0, 0)")
    print(f"{request.param}: loaded and its first figure drawn in {took:.2f} s, {size:.1f} MB")
    yield page
    assert page.mistakes == []
    assert [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))] == []
    context.close()


def shot(page, name):
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}-{page.scheme}.png")


def plots(page):
    return page.evaluate("Array.from(document.querySelectorAll('.plot')).map(one => one.id)")


def test_everything_is_drawn_and_answers_come_first(page):
    names = plots(page)
    assert len(names) >= 5
    answers = page.locator("#answers .answer li").all_inner_texts()
    assert len(answers) >= 4 and any("%" in sentence for sentence in answers)
    shot(page, "top")
    for name in names:
        page.locator(f"#{name}").scroll_into_view_if_needed()
        page.locator(f"#{name} .main-svg").first.wait_for(timeout=20000)
        shot(page, name)


def test_hovering_names_the_layer(page):
    page.locator("#training-whole").scroll_into_view_if_needed()
    point = page.locator("#training-whole .scatterlayer .point").first.bounding_box()
    page.mouse.move(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    label = page.locator("#training-whole .hoverlayer .hovertext")
    label.first.wait_for(timeout=5000)
    assert "epoch 0" in label.first.text_content()


def test_the_slider_moves_the_path_by_keyboard(page):
    page.locator("#training-paths").scroll_into_view_if_needed()
    page.locator("#training-paths .main-svg").first.wait_for(timeout=20000)
    slider = page.locator(".controls[data-plot=training-paths] input[type=range]")
    output = page.locator(".controls[data-plot=training-paths] output")
    before, drawn = output.inner_text(), page.evaluate("document.getElementById('training-paths').data[2].x")
    slider.focus()
    page.keyboard.press("Home")
    assert output.inner_text() == "epoch 0" != before
    assert page.evaluate("document.getElementById('training-paths').data[2].x") != drawn
    assert slider.get_attribute("aria-valuetext") == "epoch 0"
    shot(page, "epoch-0")


def test_lists_choose_networks_statistics_and_space(page):
    page.locator("#training-maps").scroll_into_view_if_needed()
    page.locator("#training-maps .main-svg").first.wait_for(timeout=20000)
    lists = page.locator(".controls[data-plot=training-maps] select")
    title = "document.getElementById('training-maps').data[1].colorbar.title.text"
    before = page.evaluate(title)
    lists.nth(1).select_option(index=3)
    assert page.evaluate(title) != before
    view = page.locator(".controls[data-plot=training-paths] select").nth(1)
    view.select_option(label="in space")
    page.locator("#training-paths .gl-container canvas").first.wait_for(state="attached", timeout=10000)
    page.locator("#training-paths").scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    shot(page, "space")


def test_the_table_and_its_csv_hold_the_numbers(page):
    # The table is folded away.
    page.locator("#training-whole ~ .numbers summary").click()
    with page.expect_download() as waiting:
        page.locator("a[download='training-whole.csv']").click()
    lines = Path(waiting.value.path()).read_text().splitlines()
    assert lines[0].startswith("architecture,epoch,statistic") and len(lines) > 50


def test_dark_mode_reaches_the_figures(page):
    page.locator("#training-whole").scroll_into_view_if_needed()
    page.locator("#training-whole .main-svg").first.wait_for(timeout=20000)
    paper = page.evaluate("document.getElementById('training-whole').layout.paper_bgcolor")
    assert paper == ("#ffffff" if page.scheme == "light" else "#14181b")


def test_paper_shows_figures_in_light(page):
    pdf = page.pdf()
    assert len(pdf) > 100_000
