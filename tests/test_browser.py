"""Every notebook in JupyterLab, in a real browser: run all of it, look at what is shown, and use it by keyboard.

What the course itself shows is held to the rules of axe-core, in the light and in the dark theme. While one notebook
is looked at, the next one runs. A saved page and a deck are opened from the disk, without a network and without a
kernel, and what moves in them is used in the same way. Each deck of slides opens without a network; on one machine it
is looked at again only when something that makes it has changed.

Needs Chromium and the packages of the extras `browser` and `slides`; without them it is skipped, unless
TAKETURNS_BROWSER says that it must run.
"""

import hashlib
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
from importlib.metadata import distributions
from pathlib import Path
from struct import pack

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from taketurns.widgets.live import live

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]

if os.environ.get("TAKETURNS_BROWSER"):
    import axe_playwright_python.sync_playwright as axe
    import playwright.sync_api as playwright
else:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here", allow_module_level=True)
    playwright = pytest.importorskip("playwright.sync_api")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = pytest.mark.timeout(300)  # both cores may be busy
playwright.expect.set_options(timeout=30_000)

#: All cells are in the page, also those that are not in sight; nothing asks for news.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false"},
}
#: Begin to open a notebook and to run all of it; ``done`` says whether it has run.
OPEN = """(path) => {
    const commands = window.jupyterapp.commands;
    const run = async () => {
        window.panel = await commands.execute('docmanager:open', {path, factory: 'Notebook'});
        await Promise.all([window.panel.context.ready, window.panel.revealed, window.panel.sessionContext.ready]);
        await commands.execute('notebook:run-all-cells');
    };
    window.done = false;
    run().finally(() => { window.done = true; });
}"""
#: End its kernel, and close it without a question.
CLOSE = """async () => {
    await window.panel.sessionContext.shutdown();
    window.panel.dispose();
}"""
#: What the course puts into the page, and not JupyterLab.
OURS = {"include": [[".jp-RenderedMarkdown"], [".jp-OutputArea-output"]]}
THEMES = ("JupyterLab Light", "JupyterLab Dark")
#: So many notebooks at a time: one is looked at while the other runs.
SIDE_BY_SIDE = 2
WIDGETS = ":is(.taketurns-sliders, .taketurns-stepper, .taketurns-hall, .taketurns-explore)"
WIDGET = "application/vnd.jupyter.widget-view+json"
LOOK = """() => [...document.querySelectorAll('.jp-Notebook .jp-OutputArea-child')].map((output) => ({
    kind: output.querySelector('[data-mime-type]')?.dataset.mimeType ?? '',
    text: output.innerText,
    images: [...output.querySelectorAll('img')].map((image) => [image.alt, image.naturalWidth]),
}))"""


#: The library by itself, in a notebook of one's own: a cell that awaits is recorded and drawn.
OWN = new_notebook(
    cells=[
        new_code_cell("%load_ext taketurns\nimport asyncio"),
        new_code_cell("%%timeline two sleeps\nasync def nap():\n    await asyncio.sleep(0.05)\n\n\n"
                      "await asyncio.gather(nap(), nap())"),
    ],
    metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
)  # fmt: skip

#: Everything that moves, in a notebook that is saved: a slide for each.
MOVING = ["""import asyncio
from taketurns import Exhibition, hall, play, simulate, sliders, stepper

async def main(count):
    await asyncio.gather(*(asyncio.sleep(1 + number) for number in range(count)))

def draw(count=2, label="naps"):
    trace = simulate(main(count), label)
    return trace, f"{trace.duration:g} s"

sliders(draw, count=[1, 2, 4], label=["naps", "sleeps"])""",
    'stepper(simulate(main(3), "three naps"))',
    'chess = Exhibition(2, rounds=2)\nhall(play(chess, "sequential"), play(chess, "callbacks"))']  # fmt: skip
SAVED = new_notebook(metadata=OWN.metadata, cells=[new_markdown_cell("# Moving"), *map(new_code_cell, MOVING)])
for cell in SAVED.cells:
    cell.metadata["slideshow"] = {"slide_type": "slide"}


#: explore() by itself, of a trace that is whole.
EXPLORED = new_notebook(
    cells=[
        new_code_cell("from taketurns import Span, Trace, explore\n"
                      "def spans(task, worker, waker):\n"
                      "    return (Span(task, 'WAITING', worker, 0, 0.1, 'socket'),\n"
                      "            Span(task, 'READY', worker, 0.1, 0.2, 'GIL', None, waker),\n"
                      "            Span(task, 'RUNNING', worker, 0.2, 0.3),\n"
                      "            Span(task, 'NOT SEEN', worker, 0.3, 0.4))\n"
                      "lanes = [('fetch home', 'one', ''), ('fetch about', 'two', 'parse'), ('parse', 'three', '')]\n"
                      "lanes += [(f'page {n}', 'four', '') for n in range(40)]\n"
                      "trace = Trace('explored', sum((spans(*lane) for lane in lanes), ()),\n"
                      "              parents={'fetch about': 'fetch home'})\n"
                      "explore(trace)"),
    ],
    metadata=OWN.metadata,
)  # fmt: skip
#: The same of a recording that is on until the kernel is interrupted.
LIVE = new_notebook(
    cells=[
        new_code_cell("from IPython.display import display\nfrom taketurns import explore, record, wait"),
        new_code_cell("with record('live') as live:\n    widget = explore(live)\n    display(widget)\n"
                      "    while True:\n        wait(0.02)"),
        new_code_cell("print(widget)"),
    ],
    metadata=OWN.metadata,
)  # fmt: skip


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab that shows a copy of the notebooks, and some more."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", home / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    for name, notebook in (("own", OWN), ("explored", EXPLORED), ("live", LIVE)):
        nbformat.write(notebook, home / "notebooks" / f"{name}.ipynb")
    for name, settings in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings), encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    places = {name: home / name.lower() for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--IdentityProvider.token="]
    options += [
        "--expose-app-in-browser",
        f"--ServerApp.root_dir={home / 'notebooks'}",
        f"--LabApp.user_settings_dir={home / 'settings'}",
    ]
    environment = {**os.environ, **{name: str(place) for name, place in places.items()}, "JUPYTER_PREFER_ENV_PATH": "1"}
    environment.pop("MPLBACKEND", None)
    with (home / "log").open("wb") as log:
        command = [sys.executable, "-m", "jupyterlab", *options]
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=home)
    try:
        _wait_until_it_answers(f"http://127.0.0.1:{port}/api", server)
        yield f"http://127.0.0.1:{port}/lab"
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


def new_page(browser):
    page = browser.new_page(viewport={"width": 1360, "height": 950})
    page.set_default_timeout(60_000)
    page.broken = []
    page.on("pageerror", lambda error: page.broken.append(str(error)))
    return page


@pytest.fixture(scope="module")
def page(browser):
    """The page in which the decks are opened, one after the other."""
    page = new_page(browser)
    yield page
    page.close()


class Desk:
    """Pages of JupyterLab, each with one notebook: while one is looked at, those that follow it run."""

    def __init__(self, pages, names):
        self.pages, self.names, self.running = pages, names, {}

    def run(self, name):
        """Return the page in which a notebook has run."""
        for each in self.names[self.names.index(name) :][: len(self.pages) + len(self.running)]:
            if each not in self.running and self.pages:
                self.running[each] = self.pages.pop(0)
                self.running[each].broken.clear()
                self.running[each].evaluate(OPEN, each)
        page = self.running[name]
        page.wait_for_function("() => window.done", timeout=200_000, polling=100)
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", state="attached")
        page.wait_for_function("() => [...document.images].every((image) => image.complete)")
        return page

    def close(self, name):
        page = self.running.pop(name)
        page.evaluate(CLOSE)
        self.pages.append(page)


def new_lab_page(browser, lab, workspace):
    """Return a page with JupyterLab and nothing open in it."""
    page = new_page(browser)
    page.goto(f"{lab}/workspaces/{workspace}?reset")
    page.wait_for_selector("#jp-main-statusbar")
    page.wait_for_function("() => window.jupyterapp")
    page.evaluate("() => window.jupyterapp.restored")
    page.keyboard.press("Control+b")  # the files at the left
    return page


@pytest.fixture(scope="module")
def desk(lab, browser, request):
    pages = [new_lab_page(browser, lab, number) for number in range(SIDE_BY_SIDE)]
    chosen = [
        item.callspec.params["name"]
        for item in request.session.items
        if item.path == Path(__file__) and "ran" in item.fixturenames
    ]
    yield Desk(pages, chosen)
    for page in pages:
        page.close()


@pytest.fixture
def ran(desk, name):
    """The page in which all of a notebook has run."""
    yield desk.run(name)
    desk.close(name)


@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS])
def test_a_notebook_runs_and_everything_in_it_is_shown(ran, name):
    outputs = ran.evaluate(LOOK)
    cells = json.loads((ROOT / "notebooks" / name).read_text(encoding="utf-8"))["cells"]
    stored = [output for cell in cells for output in cell.get("outputs", ())]
    expected = sum(output["output_type"] == "error" for output in stored)
    assert [o["text"] for o in outputs if o["kind"].endswith("stderr")] == []
    errors = [o["text"] for o in outputs if o["kind"].endswith("error")]
    assert len(errors) == expected, errors
    assert len(outputs) >= sum(bool(cell.get("outputs")) for cell in cells) > 0
    widgets = sum(WIDGET in output.get("data", ()) for output in stored)
    assert ran.locator(f".jp-OutputArea-output > {WIDGETS}").count() == widgets
    assert [o["text"] for o in outputs if "Error displaying widget" in o["text"]] == []
    wrong = [line for o in outputs for line in o["text"].splitlines() if line.startswith("✗")]
    assert wrong == [line.strip() for o in stored for line in o.get("text", ()) if line.startswith("✗")]
    images = [image for output in outputs for image in output["images"]]
    assert [image for image in images if not (image[0].strip() and image[1])] == []
    assert ran.broken == []
    for use in (use_sliders, use_stepper, use_hall):
        use(ran)
    for theme in sorted(THEMES, key=lambda theme: theme != theme_of(ran)):  # the one that is on comes first
        choose(theme, ran)
        assert against_axe(ran) == []
    assert ran.broken == []


@pytest.mark.parametrize("name", ["own.ipynb"])
def test_the_magic_draws_a_cell_that_awaits(ran):
    outputs = ran.evaluate(LOOK)
    (image,) = [image for output in outputs for image in output["images"]]
    assert image[0].startswith("two sleeps: 2 tasks in ")
    assert image[1] > 0
    assert [o["text"].splitlines()[-1] for o in outputs if o["kind"] == "text/plain"] == ["[None, None]"]
    assert [o["kind"] for o in outputs if o["kind"].endswith(("error", "stderr"))] == []
    assert ran.broken == []


@pytest.mark.parametrize("name", ["explored.ipynb"])
def test_explore_is_used_by_keyboard(ran):
    widget = ran.locator(".taketurns-explore")
    use_explore(ran, widget)
    for theme in sorted(THEMES, key=lambda theme: theme != theme_of(ran)):  # the one that is on comes first
        if theme != theme_of(ran):
            before = seen(widget)
            choose(theme, ran)
            changed = "(before) => document.querySelector('canvas.lanes').toDataURL() !== before"
            ran.wait_for_function(changed, arg=before)
        assert against_axe(ran) == []
        assert faint_bars(ran) == []
    choose(THEMES[0], ran)
    assert ran.broken == []


def seen(widget):
    """Return what the lanes look like, once they are painted."""
    return widget.locator("canvas.lanes").evaluate("""async (canvas) => {
        for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
        return canvas.toDataURL();
    }""")


def use_explore(page, widget):
    """Zoom, move, go from span to span, and search, all by keys."""
    canvas, said, found = (widget.locator(name) for name in ("canvas.lanes", ".said", "output"))
    canvas.focus()
    whole = seen(widget)
    looks = [whole]
    for key in ("+", "ArrowRight", "PageDown", "ArrowUp", "-"):
        page.keyboard.press(key)
        looks.append(seen(widget))
        assert looks[-1] not in looks[:-1], key
    for key in ("Home", "PageUp", "PageUp", "PageUp", "PageUp"):
        page.keyboard.press(key)
    assert seen(widget) == whole
    page.keyboard.press("Shift+ArrowRight")
    playwright.expect(said).to_have_text("fetch homeWAITING (socket) for 100 ms, from 0 s to 100 ms, on one")
    page.keyboard.press("Shift+ArrowRight")
    playwright.expect(said).to_contain_text("READY (GIL) for 100 ms, from 100 ms to 200 ms, on one")
    page.keyboard.press("Shift+ArrowDown")
    playwright.expect(said).to_contain_text("fetch about")
    playwright.expect(said).to_contain_text("woken by parse; started by fetch home")
    chosen = seen(widget)
    page.keyboard.press("Enter")
    assert seen(widget) != chosen
    page.keyboard.press("Escape")
    playwright.expect(said).to_contain_text("No span is chosen.")
    page.keyboard.press("Home")
    assert seen(widget) == whole
    search = widget.get_by_role("searchbox", name="task")
    search.fill("PAGE 3")
    for text, task in (("1 of 11", "page 3"), ("2 of 11", "page 30"), ("3 of 11", "page 31")):
        search.press("Enter")
        playwright.expect(found).to_have_text(text)
        playwright.expect(said.locator("div").first).to_have_text(task)
    search.press("Shift+Enter")
    playwright.expect(found).to_have_text("2 of 11")
    search.fill("nobody")
    search.press("Enter")
    playwright.expect(found).to_have_text("no match")
    widget.get_by_role("button", name="next span").press("Enter")
    playwright.expect(said).to_contain_text("WAITING (socket)")
    assert page.locator(".jp-Notebook").get_attribute("class").count("jp-mod-commandMode")  # and no cell was touched
    assert page.locator(".jp-Cell").count() == 1


def faint_bars(page):
    """Return the contrasts of the legend's bars with the ground that are below 3:1."""
    return page.evaluate("""() => {
        const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        const light = (color) => {
            const [r, g, b] = color.map((part) => linear(part / 255));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
        };
        const root = document.querySelector('.taketurns-explore');
        const ground = light(getComputedStyle(root).backgroundColor.match(/[\\d.]+/g).slice(0, 3).map(Number));
        return [...root.querySelectorAll('.legend canvas')].map((canvas) => {
            const data = canvas.getContext('2d').getImageData(0, Math.floor(canvas.height / 2), canvas.width, 1).data;
            const bars = Array.from({length: canvas.width}, (_, x) => light([...data.slice(4 * x, 4 * x + 3)]));
            return Math.max(...bars.map((bar) => Math.max(bar, ground) / Math.min(bar, ground)));
        }).filter((contrast) => contrast < 3);
    }""")


def test_a_recording_is_explored_while_it_is_on(lab, browser):
    page = new_lab_page(browser, lab, "live")
    page.evaluate(OPEN, "live.ipynb")
    widget = page.locator(".taketurns-explore")
    canvas, remarks = widget.locator("canvas.lanes"), widget.locator(".remarks")
    for _ in range(3):
        before = canvas.get_attribute("aria-label")
        playwright.expect(canvas).not_to_have_attribute("aria-label", before)
    playwright.expect(remarks).to_contain_text("Still being recorded.")
    canvas.press("Shift+ArrowRight")
    playwright.expect(widget.locator(".said")).to_contain_text("WAITING (timer)")
    page.evaluate("() => window.panel.sessionContext.session.kernel.interrupt()")
    playwright.expect(remarks).to_contain_text("Cut short: KeyboardInterrupt")
    playwright.expect(remarks).not_to_contain_text("Still being recorded.")
    assert page.broken == []
    page.evaluate(CLOSE)
    page.close()


def against_axe(page):
    """Return what breaks a rule of WCAG 2.1, levels A and AA: names, roles, keyboard, contrast and the like."""
    rules = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    found = axe.Axe().run(page, context=OURS, options=rules).response["violations"]
    return [(rule["id"], node["html"][:200], node["failureSummary"]) for rule in found for node in rule["nodes"]]


def theme_of(page):
    return page.evaluate("() => document.body.dataset.jpThemeName")


def choose(theme, page):
    page.evaluate("(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    page.wait_for_function("(theme) => document.body.dataset.jpThemeName === theme", arg=theme)


def use_sliders(page):
    """Move a slider by a key: the picture beneath it follows, and is told."""
    for box in page.locator(".taketurns-sliders").all():
        shown = box.locator("div[aria-live=polite]")
        before, slider = shown.inner_html(), box.get_by_role("slider").first
        slider.press("ArrowLeft" if int(slider.input_value()) else "ArrowRight")
        playwright.expect(shown).not_to_have_js_property("innerHTML", before)
        assert slider.get_attribute("aria-valuetext") == box.locator("output").first.text_content()


def use_stepper(page):
    """Go one step on, and back by the slider: what the event loop is at follows, and is told."""
    for box in page.locator(".taketurns-stepper").all():
        shown, image = box.locator("[aria-live=polite]"), box.locator("img")
        step, before = int(re.search(r"Step (\d+) of", shown.inner_text())[1]), image.get_attribute("alt")
        box.get_by_role("button", name="forward").press("Enter")
        playwright.expect(shown).to_contain_text(f"Step {step + 1} of")
        box.get_by_role("slider", name="step").press("ArrowLeft")
        playwright.expect(shown).to_contain_text(f"Step {step} of")
        box.get_by_role("slider", name="step").press("End")
        playwright.expect(image).not_to_have_attribute("alt", before)
        assert box.locator("pre span").count()


def use_hall(page):
    """Play, pause, and move the time by a key: clocks and boards follow, and are told. A board opens by Enter."""
    for hall in page.locator(".taketurns-hall").all():
        clock, play = hall.locator(".clock").first, hall.locator("button.play")
        told = hall.locator("[aria-live=polite]")
        before = clock.text_content()
        play.press("Enter")
        playwright.expect(clock).not_to_have_text(before)
        playwright.expect(told).to_have_text("Time goes by.")
        play.press("Space")
        playwright.expect(play).to_contain_text("play")
        hall.locator("button.start").press("Enter")
        playwright.expect(clock).to_have_text("0:00:00")
        hall.locator("input").press("ArrowRight")
        playwright.expect(clock).to_have_text("0:00:01")
        playwright.expect(told).to_contain_text("at 0:00:01 of simulated time. ")
        hall.locator(".table").first.press("Enter")
        playwright.expect(hall.locator(".large h3")).to_be_visible()
        playwright.expect(told).to_contain_text("before the first move.")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The folder with a notebook that has run, as pages and as a deck."""
    pytest.importorskip("sphinx_revealjs")
    folder = tmp_path_factory.mktemp("saved")
    nbformat.write(SAVED, folder / "saved.ipynb")
    run = ["--to=notebook", "--execute", "--inplace", "--ExecutePreprocessor.store_widget_state=False"]
    pages = ["--to=html", "--output=light"], ["--to=html", "--output=dark", "--theme=dark"]
    for options in (run, *pages, ["--config=docs/slides/config.py", f"--output-dir={folder}"]):
        convert = [sys.executable, "-m", "nbconvert", *options, "--log-level=ERROR", str(folder / "saved.ipynb")]
        subprocess.run(convert, cwd=ROOT, check=True)
    return folder


@pytest.fixture
def opened(saved, browser, name):
    """A page from the disk, without a network, for somebody who wants no motion; all that moves in it lives."""
    context = browser.new_context(offline=True, reduced_motion="reduce", viewport={"width": 1360, "height": 950})
    page = context.new_page()
    page.broken = []
    page.on("pageerror", lambda error: page.broken.append(str(error)))
    page.goto((saved / name).as_uri())
    playwright.expect(page.locator(WIDGETS)).to_have_count(3)
    playwright.expect(page.locator(".taketurns-live script")).to_have_count(0)  # the stills are gone
    yield page
    context.close()


@pytest.mark.parametrize("name", ["light.html", "dark.html", "saved.slides.html"])
def test_without_a_kernel_and_a_network_all_that_moves_is_used_by_keyboard(opened, name):
    for number, use in enumerate((use_sliders, use_stepper, use_hall), 1):
        if "slides" in name:
            opened.wait_for_selector(".reveal.ready")
            opened.evaluate("(number) => Reveal.slide(number)", number)
        use(opened)
        assert against_axe(opened) == []
    master = opened.locator(".masters use").first
    playwright.expect(master).to_have_css("transition-duration", "0s")
    opened.emulate_media(reduced_motion="no-preference")
    playwright.expect(master).to_have_css("transition-duration", "0.15s")
    assert opened.broken == []


@pytest.mark.parametrize("name", ["saved.slides.html"])
def test_in_a_deck_a_widget_keeps_its_keys_and_a_clicker_turns_the_slide(opened):
    opened.wait_for_selector(".reveal.ready")
    at = "() => Reveal.getIndices().h"
    opened.evaluate("() => Reveal.slide(2)")
    slider = opened.get_by_role("slider", name="step")
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "Home", "n"):
        slider.press(key)
        assert opened.evaluate(at) == 2
    for key in ("ArrowRight", "Space", "Home"):
        opened.get_by_role("button", name="forward").press(key)
        assert opened.evaluate(at) == 2
    slider.press("PageDown")
    assert opened.evaluate(at) == 3


@pytest.mark.parametrize("name", ["light.html", "saved.slides.html"])
def test_where_scripts_do_not_run_the_stills_stay(saved, browser, name):
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto((saved / name).as_uri())
    assert page.locator(".taketurns-live img").count() == 4
    assert page.locator(f".taketurns-live :is(button, input), {WIDGETS}").count() == 0
    assert "Step 1 of" in page.locator(".taketurns-live").nth(1).text_content()
    context.close()


#: Modules of widgets: one tells what it has got, the other fails.
TELLS = """export default () => ({
    initialize({ model }) { model.on("change:n", () => model.set("told", "told")); },
    render({ model, el }) {
        model.set("n", 2);
        el.textContent = [model.get("data").getFloat64(8, true), model.get("told")].join();
    },
});"""
FAILS = "export default { render() { throw new Error('no picture'); } };"


def test_a_script_gets_bytes_as_a_view_and_where_it_fails_the_still_stays(browser, tmp_path):
    bundles = [live("<b>still</b>", esm, "", {"n": 1, "data": pack("<2d", 1.5, -2)}) for esm in (TELLS, FAILS)]
    (tmp_path / "page.html").write_text("".join(bundles), encoding="utf-8")
    page = new_page(browser)
    page.goto((tmp_path / "page.html").as_uri())
    playwright.expect(page.locator(".taketurns-live").first).to_have_text("-2,told")
    playwright.expect(page.locator(".taketurns-live").last).to_contain_text("still")
    page.wait_for_function("() => document.querySelectorAll('.taketurns-live > div').length === 1")
    assert page.broken == ["no picture"]
    page.close()


@pytest.fixture(scope="module")
def marks(browser, request):
    """What each deck hangs on, as one number, and the numbers of those that were looked at here before.

    It is the notebook, the template, this test, the browser, and all that is installed.
    """
    installed = sorted(f"{each.name} {each.version}" for each in distributions())
    shared = hashlib.sha256("\n".join([sys.version, browser.version, *installed]).encode())
    for path in (Path(__file__), *sorted((ROOT / "docs" / "slides").iterdir())):
        shared.update(path.read_bytes())
    now = {path.stem: hashlib.sha256(shared.digest() + path.read_bytes()).hexdigest() for path in NOTEBOOKS}
    return now, request.config.cache.get("decks", {})


@pytest.fixture(scope="module")
def slides(tmp_path_factory, marks):
    """The decks that are new, as `make slides` makes them, in two halves at a time."""
    pytest.importorskip("sphinx_revealjs")
    folder, (now, seen) = tmp_path_factory.mktemp("slides"), marks
    new = [path for path in NOTEBOOKS if seen.get(path.stem) != now[path.stem]]
    convert = [sys.executable, "-m", "nbconvert", "--config=docs/slides/config.py", f"--output-dir={folder}"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    halves = [subprocess.Popen([*convert, *half], cwd=ROOT, **pipes) for half in (new[::2], new[1::2]) if half]
    assert [(half.communicate()[0], half.returncode) for half in halves] == [("", 0)] * len(halves)
    return folder


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_deck_of_slides_needs_no_network_and_shows_all_its_pictures(slides, page, path, marks, request):
    now, seen = marks
    if seen.get(path.stem) == now[path.stem]:
        pytest.skip("this deck was looked at here before, and nothing that makes it has changed")
    asked, page.broken = [], []
    page.on("request", note := lambda sent: asked.append(sent.url))
    deck = slides / f"{path.stem}.slides.html"
    page.goto(deck.as_uri())
    page.wait_for_selector(".reveal.ready")
    assert [url for url in asked if not url.startswith(("data:", "blob:")) and url != deck.as_uri()] == []
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    kinds = [cell["metadata"]["slideshow"]["slide_type"] for cell in cells]
    assert page.evaluate("() => Reveal.getTotalSlides()") == sum(kind in ("slide", "subslide") for kind in kinds)
    assert page.locator("aside.notes").count() == kinds.count("notes") > 0
    assert page.evaluate("() => [...document.images].every((image) => image.alt && image.naturalWidth)")
    page.keyboard.press("End")
    page.wait_for_function("() => Reveal.isLastSlide()")
    with page.expect_popup() as speaker:
        page.keyboard.press("s")
    speaker.value.wait_for_function("() => document.querySelector('.speaker-controls-notes')")
    speaker.value.close()
    assert page.broken == []
    page.remove_listener("request", note)
    seen[path.stem] = now[path.stem]
    request.config.cache.set("decks", seen)
