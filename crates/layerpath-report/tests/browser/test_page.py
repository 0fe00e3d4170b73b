"""Pages in a real browser: they load without errors or requests, and their controls work by mouse and by keyboard.

    pytest crates/layerpath-report/tests/browser

needs `pip install pytest playwright`, Chromium (`CHROMIUM` names it where it is not on the path) and the built program.
The pages are that of docs/results/cifar10, or of the folder that `STUDY` names, and that of one of its analyses.
`SCREENSHOTS=FOLDER` keeps pictures to look at.
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
NARROW, WIDE = 360, 1280

pytestmark = [
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium; install it or set CHROMIUM"),
    pytest.mark.skipif(not (STUDY / "study").is_dir(), reason=f"{STUDY} is no study; name one with STUDY"),
]


@pytest.fixture(scope="module")
def page_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    analysis = sorted((STUDY / "analysis").glob("*/*/*/analysis.json"))[0]
    files = {"study": folder / "study.html", "analysis": folder / "analysis.html"}
    for name, source in [("study", STUDY), ("analysis", analysis)]:
        subprocess.run([PROGRAM, "-q", "report", source, "--out", files[name]], check=True)
    return files


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


@pytest.fixture
def opened(browser, page_files):
    """Opens a page and, in the end, sees that nothing went wrong and nothing was asked for."""
    contexts, pages = [], []

    def open_page(which="study", width=WIDE, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True
        )
        page = context.new_page()
        contexts.append(context)
        pages.append(page)
        page.mistakes, page.requests, page.scheme = [], [], scheme
        page.on("console", lambda message: message.type == "error" and page.mistakes.append(message.text))
        page.on("pageerror", lambda error: page.mistakes.append(str(error)))
        page.on("request", lambda one: page.requests.append(one.url))
        started = time.perf_counter()
        page.goto(page_files[which].as_uri())
        # Figures are drawn when they come into view.
        seen(page, page.locator(".plot").first.get_attribute("id"))
        took, size = time.perf_counter() - started, page_files[which].stat().st_size / 1e6
        page.evaluate("window.scrollTo(0, 0)")
        print(f"{which}, {width}, {scheme}: loaded and its first figure drawn in {took:.2f} s, {size:.1f} MB")
        return page

    yield open_page
    for context, page in zip(contexts, pages, strict=True):
        assert page.mistakes == []
        assert [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))] == []
        context.close()


@pytest.fixture(params=["light", "dark"])
def page(request, opened):
    return opened(scheme=request.param)


def shot(page, name):
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}-{page.scheme}.png")


def plots(page):
    return page.evaluate("Array.from(document.querySelectorAll('.plot')).map(one => one.id)")


def seen(page, name):
    """Scrolls to a figure and waits until it is drawn."""
    page.locator(f"#{name}").scroll_into_view_if_needed()
    page.locator(f"#{name} .main-svg").first.wait_for(timeout=20000)


def focused(page, name):
    """Puts the focus on the values of a figure; returns what reads them out."""
    seen(page, name)
    page.locator(f".explore[data-plot={name}]").focus()
    return page.locator(f"#{name}-readout")


def test_everything_is_drawn_and_answers_come_first(page):
    names = plots(page)
    assert len(names) >= 5
    answers = page.locator("#answers .answer li").all_inner_texts()
    assert len(answers) >= 4 and any("%" in sentence for sentence in answers)
    shot(page, "top")
    for name in names:
        seen(page, name)
        shot(page, name)


def test_the_opening_says_what_was_looked_at_then_one_verdict_a_question(opened):
    page = opened()
    networks = page.locator("#looked-at tbody tr").all_inner_texts()
    assert len(networks) >= 3 and all("%" in row for row in networks), networks
    questions = page.locator("#answers article")
    assert questions.count() == 3
    for place in range(3):
        question = questions.nth(place)
        assert question.locator(".verdict").inner_text().endswith(".")
        assert "images" in question.locator(".certainty").inner_text()
        tops = [question.locator(part).bounding_box()["y"] for part in (".verdict", ".answer", ".certainty")]
        assert tops == sorted(tops)
    assert page.locator("#looked-at").bounding_box()["y"] < page.locator("#answers").bounding_box()["y"]


def test_hovering_names_the_layer(page):
    seen(page, "training-whole")
    point = page.locator("#training-whole .scatterlayer .point").first.bounding_box()
    page.mouse.move(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    label = page.locator("#training-whole .hoverlayer .hovertext")
    label.first.wait_for(timeout=5000)
    assert "epoch 0" in label.first.text_content()


def test_the_slider_moves_the_path_by_keyboard(page):
    seen(page, "training-paths")
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
    seen(page, "training-maps")
    lists = page.locator(".controls[data-plot=training-maps] select")
    title = "document.getElementById('training-maps').data[1].colorbar.title.text"
    before = page.evaluate(title)
    lists.nth(1).select_option(index=3)
    assert page.evaluate(title) != before
    view = page.locator(".controls[data-plot=training-paths] select").nth(1)
    readout = focused(page, "training-paths")
    page.keyboard.press("ArrowRight")
    assert readout.inner_text()
    view.select_option(label="in space")
    assert readout.inner_text() == ""
    page.locator("#training-paths .gl-container canvas").first.wait_for(state="attached", timeout=10000)
    page.locator("#training-paths").scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    shot(page, "space")
    # There are no labels in space but those of the pointer; the keys read values out all the same.
    readout = focused(page, "training-paths")
    page.keyboard.press("ArrowRight")
    assert "input" in readout.inner_text() and "step to next" in readout.inner_text()


def test_the_table_and_its_csv_hold_the_numbers(opened):
    page = opened()
    # The table is folded away.
    page.locator("#training-whole-heading + figure .numbers summary").click()
    with page.expect_download() as waiting:
        page.locator("a[download='training-whole.csv']").click()
    lines = Path(waiting.value.path()).read_text().splitlines()
    assert lines[0].startswith("architecture,network,epoch,statistic,value") and len(lines) > 50
    # Every line that is drawn, the accuracy too.
    drawn = page.evaluate("Array.from(new Set(document.getElementById('training-whole').data.map(one => one.whole)))")
    for network in drawn:
        assert any(f",{network}," in line and ",test_accuracy," in line for line in lines), network


def test_too_large_tables_show_their_beginning(opened):
    page = opened()
    for name, columns in [("training-maps", 6), ("width-depth-matrix", 40)]:
        numbers = page.locator(f"#{name}-heading + figure .numbers")
        numbers.locator("summary").click()
        assert numbers.locator("tbody tr").count() == 20
        assert numbers.locator("thead th").count() == columns
        assert "the CSV holds it" in numbers.inner_text()
    shot(page, "beginning-of-a-table")


def test_a_saved_picture_is_called_after_its_figure(opened):
    page = opened()
    for name in ["training-whole", "width-depth-pairs"]:
        seen(page, name)
        page.locator(f"#{name}").hover()
        with page.expect_download() as waiting:
            page.locator(f"#{name} .modebar-btn[data-title^='Download plot']").click()
        assert waiting.value.suggested_filename == f"{name}.svg"


def test_dark_mode_reaches_the_figures(page):
    seen(page, "training-whole")
    paper = page.evaluate("document.getElementById('training-whole').layout.paper_bgcolor")
    assert paper == ("#ffffff" if page.scheme == "light" else "#14181b")


@pytest.mark.parametrize("which", ["study", "analysis"])
def test_every_figure_reads_its_values_out_by_keyboard(opened, which):
    page = opened(which)
    for name in plots(page):
        readout = focused(page, name)
        assert readout.inner_text() == ""
        page.keyboard.press("ArrowRight")
        first = readout.inner_text()
        page.keyboard.press("ArrowRight")
        second = readout.inner_text()
        page.keyboard.press("End")
        last = readout.inner_text()
        assert "(1 of " in first and "(2 of " in second and len({first, second, last}) == 3, (name, first, second, last)
        page.keyboard.press("Home")
        assert readout.inner_text() == first, name
        assert any(character.isdigit() for character in first.rsplit(" (", 1)[0]), (name, first)
        # The label of the pointer stands there too, in figures of the plane.
        assert page.locator(f"#{name} .hoverlayer .hovertext").count() == 1, name
        page.keyboard.press("Escape")
        assert readout.inner_text() == "", name
        assert page.locator(f"#{name} .hoverlayer .hovertext").count() == 0, name


def test_keys_go_from_line_to_line_and_from_row_to_row(opened):
    page = opened()
    readout = focused(page, "training-whole")
    page.keyboard.press("ArrowRight")
    network = readout.inner_text().split(",")[0]
    page.keyboard.press("ArrowDown")
    other = readout.inner_text()
    assert "line 2 of " in other and other.split(",")[0] != network, other
    page.keyboard.press("ArrowUp")
    assert readout.inner_text().startswith(network)
    # The cell under the cursor is the one of the table of numbers: rows and columns are not exchanged.
    readout = focused(page, "width-depth-matrix")
    for key in ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown"]:
        page.keyboard.press(key)
    row, column, value = page.evaluate(
        "(() => { const t = document.getElementById('width-depth-matrix').data[0];"
        " return [t.meta.y[1], t.meta.x[2], t.z[1][2]]; })()"
    )
    assert readout.inner_text().startswith(f"{row}, {column}, ") and f": {value} (" in readout.inner_text()
    label = page.locator("#width-depth-matrix .hoverlayer .hovertext").text_content()
    assert label.startswith(f"{row}{column}"), label
    # Names of networks stand at the axes.
    names = page.locator("#width-depth-matrix .ytick").all_text_contents()
    assert len(names) == page.locator("#looked-at tbody tr", has_text="width and depth").count() * 2
    assert any(row.startswith(name) for name in names), (row, names)


def test_enter_shows_one_line_alone_and_the_pointed_one_stands_out(opened):
    page = opened()
    readout = focused(page, "width-depth-paths")
    page.keyboard.press("ArrowDown")
    network = readout.inner_text().split(",")[0]
    faded = "Array.from(document.querySelectorAll('#width-depth-paths .scatterlayer .trace'))" + (
        ".filter(one => Number(getComputedStyle(one).opacity) < 0.5).length"
    )
    shown = "document.getElementById('width-depth-paths').data" + (
        ".filter(one => one.visible !== 'legendonly').map(one => one.name)"
    )
    everybody = page.evaluate(shown)
    assert len(everybody) >= 4 and page.evaluate(faded) == len(everybody) - 1
    shot(page, "emphasis")
    page.keyboard.press("Enter")
    assert page.evaluate(shown) == [network] and readout.inner_text().startswith(network)
    page.keyboard.press("Enter")
    assert page.evaluate(shown) == everybody
    page.keyboard.press("Escape")
    assert page.evaluate(faded) == 0
    # The legend does the same for a pointer.
    page.locator("#width-depth-paths .legend .traces").nth(2).hover()
    assert page.evaluate(faded) == len(everybody) - 1


def test_the_keyboard_alone_reaches_everything_and_shows_where_it_is(opened):
    page = opened()
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to the content" and skip.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    reached, without_outline = set(), []
    for _ in range(400):
        page.keyboard.press("Tab")
        # The start of the document comes after its end.
        where = page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e);"
            " return [e.className, e.dataset.plot || (e.closest('.controls') || e).dataset.plot || '', e.tagName,"
            " s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2, e.getAttribute('aria-label')]; })()"
        )
        if where[2] == "BODY" or where[0] == "skip":
            break
        reached.add((where[0] if where[0] == "explore" else where[2], where[1]))
        if not where[3]:
            without_outline.append(where)
        if where[0] == "explore":
            assert where[4] and page.locator(f"#{where[1]}-keys").bounding_box()["height"] > 10, "how to use the keys"
    assert without_outline == []
    for name in plots(page):
        assert ("explore", name) in reached, name
    controls = page.evaluate("Array.from(document.querySelectorAll('.controls')).map(one => one.dataset.plot)")
    for name in controls:
        assert {("SELECT", name), ("INPUT", name)} & reached, name


@pytest.mark.parametrize("which", ["study", "analysis"])
def test_everything_has_a_name_for_screen_readers(opened, which):
    page = opened(which)
    nameless = page.evaluate(
        """Array.from(document.querySelectorAll('.plot, .explore, select, input, nav, article, [role=region]'))
        .filter(one => {
            const by = (one.getAttribute('aria-labelledby') || '').split(' ').filter(Boolean)
                .map(id => (document.getElementById(id) || {}).textContent || '').join('');
            const label = one.closest('label');
            return !(one.getAttribute('aria-label') || by || (label && label.textContent.trim()));
        }).map(one => one.outerHTML.slice(0, 100))"""
    )
    assert nameless == []
    assert page.locator(".plot[role=img]").count() == len(plots(page))
    assert page.locator(".explore[role=application][tabindex='0']").count() == len(plots(page))
    assert page.locator(".readout[aria-live=polite]").count() == len(plots(page))
    described = page.evaluate(
        """Array.from(document.querySelectorAll('[aria-describedby], [aria-labelledby]')).flatMap(one =>
        ['aria-describedby', 'aria-labelledby'].flatMap(name => (one.getAttribute(name) || '').split(' ')))
        .filter(id => id && !document.getElementById(id))"""
    )
    assert described == [], "names of elements that are not there"
    broken = page.evaluate(
        """Array.from(document.querySelectorAll('a[href^="#"]')).map(one => one.hash.slice(1))
        .filter(id => !document.getElementById(id))"""
    )
    assert broken == [], "links to nowhere"


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("which", ["study", "analysis"])
def test_the_page_never_scrolls_sideways(opened, which, width):
    page = opened(which, width)
    for name in plots(page):
        seen(page, name)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Wide tables scroll within their boxes.
    boxes = page.evaluate(
        "Array.from(document.querySelectorAll('.scroll')).map(one => [one.clientWidth, one.scrollWidth])"
    )
    assert all(visible <= width for visible, _ in boxes)
    if width == NARROW:
        assert any(whole > visible for visible, whole in boxes)


def test_panels_stand_one_below_the_other_where_it_is_narrow(opened):
    page = opened(width=NARROW)
    name = "training-whole"
    seen(page, name)
    left = f"Array.from(document.querySelectorAll('#{name} .annotation')).map(one => one.getBoundingClientRect().left)"
    assert max(page.evaluate(left)) - min(page.evaluate(left)) < 2
    # Long names in a legend are shortened, and whole again in what is read out.
    readout = focused(page, "width-depth-paths")
    page.keyboard.press("ArrowRight")
    network = readout.inner_text().split(",")[0]
    legend = page.locator("#width-depth-paths .legendtext").all_text_contents()
    assert "-seed" in network and len(legend) >= 4 and all("-seed" not in name for name in legend), legend
    page.set_viewport_size({"width": WIDE, "height": 900})
    page.wait_for_timeout(500)
    assert max(page.evaluate(left)) - min(page.evaluate(left)) > 200


def test_paper_shows_figures_in_light(page):
    pdf = page.pdf()
    assert len(pdf) > 100_000
