"""Layers whose names try to run code, from their file to the page in a real browser: they are shown and do nothing.

    pytest crates/layerpath-report/tests/browser

needs NumPy, `pip install pytest playwright`, Chromium and the built program, as test_page.py does.
"""

import json
import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="pip install numpy")
playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
ROOT = Path(__file__).resolve().parents[4]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "layerpath"

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium; install it or set CHROMIUM")

# Each sets `ran` if any of it becomes code.
NAMES = [
    "<img src=x onerror=window.ran=1>",
    "</script><script>window.ran=1</script>",
    "\" onmouseover=\"window.ran=1\" autofocus onfocus=\"window.ran=1",
    "<svg onload=window.ran=1>",
    "<a href=\"javascript:window.ran=1\">layer</a>",
    "<b>bold</b><br>&lt;i&gt;",
    "%{text} $\\alpha$ {{x}}",
    "tab\tescape\x1b[31m newline\n\u202egnp.txt\u200b",
]


def shown(name):
    """What a reader sees: pictures of control characters, nothing that reorders or hides."""
    pictures = {ord(c): chr(0x2400 + ord(c)) for c in "\t\n\x1b"}
    return name.translate(pictures | {0x202E: "\ufffd", 0x200B: "\ufffd"})


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    random = np.random.default_rng(0)
    header, data = {}, b""
    for name in NAMES:
        layer = random.normal(size=(20, 5)).tobytes()
        header[name] = {"dtype": "F64", "shape": [20, 5], "data_offsets": [len(data), len(data) + len(layer)]}
        data += layer
    text = json.dumps(header).encode()
    (folder / "layers.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    for words in [
        ["analyze", "layers.safetensors", "--target", "last", "--out", "result"],
        ["report", "result", "--out", "page.html", "--figures", "figures"],
    ]:
        subprocess.run([PROGRAM, "-q", *words], cwd=folder, check=True)
    return folder / "page.html"


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def visit(browser, path):
    page = browser.new_page()
    page.mistakes, page.requests = [], []
    page.on("dialog", lambda dialog: (page.mistakes.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: page.mistakes.append(str(error)))
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(path.as_uri())
    return page


def test_names_are_shown_and_do_nothing(browser, page_file):
    page = visit(browser, page_file)
    cells = page.locator("td.text").all_text_contents()
    # The last one is the target.
    for name in NAMES[:-1]:
        assert any(shown(name) in cell for cell in cells), name
    for plot in page.locator(".plot").all():
        plot.scroll_into_view_if_needed()
        plot.locator(".main-svg").first.wait_for()
        box = plot.bounding_box()
        # Labels under the pointer are made of names too.
        for share in range(1, 20):
            page.mouse.move(box["x"] + box["width"] * share / 20, box["y"] + box["height"] / 2)
    page.wait_for_timeout(500)
    assert page.evaluate("window.ran") is None
    assert page.locator("img[src=x], [onmouseover], [onfocus], [onload], [onerror], a[href^=javascript]").count() == 0
    assert page.mistakes == []
    assert [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))] == []
    page.close()


def test_pictures_hold_no_code(browser, page_file):
    pictures = sorted((page_file.parent / "figures").glob("*.svg"))
    assert pictures
    for picture in pictures:
        page = visit(browser, picture)
        assert page.evaluate("window.ran") is None
        assert page.locator("script, a, [onload], [onerror], foreignObject").count() == 0
        assert page.mistakes == []
        page.close()
