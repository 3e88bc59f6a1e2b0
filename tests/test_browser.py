"""Every notebook in JupyterLab, in a real browser: run all of it, look at what is shown, and use what can be used.

Needs Chromium and the package playwright; without them it is skipped, unless TAKETURNS_BROWSER says that it must run.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]

if os.environ.get("TAKETURNS_BROWSER"):
    assert CHROMIUM, f"there is no Chromium here: install one of {', '.join(NAMES)}"
    import playwright.sync_api as playwright
else:
    playwright = pytest.importorskip("playwright.sync_api")
    pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")

#: All cells are in the page, also those that are not in sight; nothing asks for news.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false"},
}
STARRED = "() => [...document.querySelectorAll('.jp-InputPrompt')].some((prompt) => prompt.innerText.includes('*'))"
LOOK = """() => [...document.querySelectorAll('.jp-Notebook .jp-OutputArea-child')].map((output) => ({
    kind: output.querySelector('[data-mime-type]')?.dataset.mimeType ?? '',
    text: output.innerText,
    images: [...output.querySelectorAll('img')].map((image) => [image.alt, image.naturalWidth]),
}))"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab that shows a copy of the notebooks."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", home / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    for name, settings in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings), encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    places = {name: home / name.lower() for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--IdentityProvider.token="]
    options += [f"--ServerApp.root_dir={home / 'notebooks'}", f"--LabApp.user_settings_dir={home / 'settings'}"]
    environment = {**os.environ, **{name: str(place) for name, place in places.items()}, "JUPYTER_PREFER_ENV_PATH": "1"}
    environment.pop("MPLBACKEND", None)
    with (home / "log").open("wb") as log:
        command = [sys.executable, "-m", "jupyterlab", *options]
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=home)
    try:
        _wait_until_it_answers(f"http://127.0.0.1:{port}/api", server)
        yield f"http://127.0.0.1:{port}/lab/tree"
    finally:
        server.terminate()
        server.wait(30)


def _wait_until_it_answers(address, server):
    for _ in range(300):
        assert server.poll() is None, "JupyterLab has ended"
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)  # it starts; what is waited for is a condition, and not a time
        else:
            return
    raise AssertionError("JupyterLab does not answer")


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 1360, "height": 950})
    page.set_default_timeout(60_000)
    page.broken = []
    page.on("pageerror", lambda error: page.broken.append(str(error)))
    yield page
    page.close()


def run_all(page, address):
    page.goto(address)
    page.wait_for_selector("#jp-main-statusbar >> text=| Idle")  # the kernel has answered
    page.keyboard.press("Control+b")  # the files at the left
    page.click(".lm-MenuBar-itemLabel >> text=Run")
    page.click("li[data-command='runmenu:run-all']")
    page.wait_for_function(STARRED)  # a cell that runs or is to run has a star in its prompt
    page.wait_for_function(f"() => !({STARRED})()", timeout=100_000)
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", state="attached")
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_everything_in_it_is_shown(lab, page, path):
    run_all(page, f"{lab}/{path.name}?reset")
    outputs = page.evaluate(LOOK)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    stored = [output for cell in cells for output in cell.get("outputs", ())]
    expected = sum(output["output_type"] == "error" for output in stored)
    assert len(outputs) >= sum(bool(cell.get("outputs")) for cell in cells) > 0
    assert [o["text"] for o in outputs if o["kind"].endswith("stderr")] == []
    assert len([o for o in outputs if o["kind"].endswith("error")]) == expected
    assert [o["text"] for o in outputs if "Error displaying widget" in o["text"]] == []
    wrong = [line for o in outputs for line in o["text"].splitlines() if line.startswith("✗")]
    assert wrong == [line.strip() for o in stored for line in o.get("text", ()) if line.startswith("✗")]
    images = [image for output in outputs for image in output["images"]]
    assert [image for image in images if not (image[0].strip() and image[1])] == []
    assert page.broken == []
    for use in (use_sliders, use_stepper, use_hall):
        use(page)
    assert page.broken == []


def use_sliders(page):
    """Move a slider by a key: the picture beneath it follows."""
    for box in page.locator(".widget-vbox:has(.widget-hslider):not(:has(.widget-button))").all():
        shown = box.locator(".widget-html-content").last
        before, handle = shown.inner_html(), box.locator(".noUi-handle").first
        value = int(float(handle.get_attribute("aria-valuenow")))
        handle.press("ArrowLeft" if value else "ArrowRight")
        playwright.expect(shown).not_to_have_js_property("innerHTML", before)


def use_stepper(page):
    """Go one step on, and back by the slider: what the event loop is at follows."""
    for box in page.locator(".widget-vbox:has(button:has-text('forward'))").all():
        shown = box.locator(".widget-html-content").first
        step = int(re.search(r"Step (\d+) of", shown.inner_text())[1])
        box.locator("button:has-text('forward')").click()
        playwright.expect(shown).to_contain_text(f"Step {step + 1} of")
        box.locator(".noUi-handle").press("ArrowLeft")
        playwright.expect(shown).to_contain_text(f"Step {step} of")


def use_hall(page):
    """Play, pause, and move the time by a key: clocks and boards follow. A board opens by Enter."""
    for hall in page.locator(".taketurns-hall").all():
        clock, play = hall.locator(".clock").first, hall.locator("button.play")
        before = clock.text_content()
        play.click()
        playwright.expect(clock).not_to_have_text(before)
        play.click()
        playwright.expect(play).to_contain_text("play")
        hall.locator("button.start").click()
        playwright.expect(clock).to_have_text("0:00:00")
        hall.locator("input").press("ArrowRight")
        playwright.expect(clock).to_have_text("0:00:01")
        hall.locator(".table").first.press("Enter")
        playwright.expect(hall.locator(".large h3")).to_be_visible()
