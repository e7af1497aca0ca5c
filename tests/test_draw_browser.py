"""The page of `fastmlp draw` in a real browser: what is drawn there is read there."""

import numpy as np
import pytest
from serving import serving
from test_draw_reader import drawings

from fastmlp import utils
from fastmlp._draw import app, reader
from fastmlp._draw.playground import Playground

PHONE = {"width": 360, "height": 780, "has_touch": True, "is_mobile": True}
ONE = [[[0.5, 0.2], [0.5, 0.5], [0.5, 0.8]]]


@pytest.fixture(scope="module")
def address():
    utils.set_random_seed(0)
    routes = app.routes(reader.Reader(*reader.trained()), Playground())
    with serving(routes) as server:
        yield server.address


@pytest.fixture
def page(visit):
    return visit()


def places(page, line):
    """Return points of the sheet as points of the window."""
    frame = page.locator("#sheet").bounding_box()
    size = [frame["width"], frame["height"]]
    return (np.array(line) * size + [frame["x"], frame["y"]]).tolist()


def draw(page, lines):
    for line in lines:
        first, *others = places(page, line)
        page.mouse.move(*first)
        page.mouse.down()
        for point in others:
            page.mouse.move(*point)
        page.mouse.up()


def see(page, digit):
    """Wait until the page says that it reads this digit."""
    page.locator("#digit", has_text=str(digit)).wait_for(timeout=5000)


def eventually(page, is_so):
    """Wait until it is so, however busy the machine is."""
    for _ in range(200):
        if is_so():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never was so")


def strokes_sent(page):
    """Return a list that the strokes of each request from now on come into."""
    sent = []

    def note(asked):
        if asked.url.endswith("/draw/read"):
            sent.append(asked.post_data_json["strokes"])

    page.on("request", note)
    return sent


# To draw


def test_what_is_drawn_is_read(page):
    for digit, _, lines in drawings()[::6]:
        draw(page, lines)
        see(page, digit)
        page.get_by_role("button", name="Clear").click()
        see(page, "?")


def test_the_verdict_changes_while_one_draws(page):
    digit, _, (line,) = drawings()[0]
    first, *others = places(page, line)
    page.mouse.move(*first)
    page.mouse.down()
    seen = []
    for point in others:
        page.mouse.move(*point)
        page.wait_for_timeout(30)
        seen.append(page.locator("#digit").inner_text())
    page.mouse.up()
    see(page, digit)
    assert len(set(seen)) >= 2, seen


def test_bars_and_hidden_units_show_what_was_read(page):
    draw(page, ONE)
    see(page, 1)
    rows = page.locator("#bars li")
    assert rows.count() == 10
    rows.nth(1).get_by_text("> 99 %").wait_for()
    assert rows.nth(1).get_attribute("class") == "best"
    caption = page.locator("#layers figcaption").inner_text()
    assert "of 128 units are active" in caption
    assert " 0 of" not in caption


def test_a_finger_draws_and_does_not_scroll(visit):
    page = visit(**PHONE)
    fingers = page.context.new_cdp_session(page)
    (line,) = ONE
    kinds = ["touchStart", *["touchMove"] * (len(line) - 1)]
    for kind, (x, y) in zip(kinds, places(page, line), strict=True):
        touch = {"type": kind, "touchPoints": [{"x": x, "y": y}]}
        fingers.send("Input.dispatchTouchEvent", touch)
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    see(page, 1)
    assert page.evaluate("scrollY") == 0


def test_a_second_finger_and_another_button_draw_nothing(page):
    sent = strokes_sent(page)
    x, y = places(page, [[0.5, 0.5]])[0]
    page.mouse.move(x, y)
    page.mouse.down(button="right")
    page.mouse.move(x + 50, y)
    page.mouse.up(button="right")
    draw(page, ONE)
    see(page, 1)
    assert all(len(strokes) == 1 for strokes in sent)


def test_undo_takes_back_one_stroke_and_clear_all(page):
    sent = strokes_sent(page)
    undo = page.get_by_role("button", name="Undo stroke")
    clear = page.get_by_role("button", name="Clear")
    assert undo.is_disabled() and clear.is_disabled()
    draw(page, [*ONE, [[0.2, 0.3], [0.8, 0.3]]])
    undo.click()
    see(page, 1)
    eventually(page, lambda: len(sent[-1]) == 1)
    page.keyboard.press("Control+z")
    see(page, "?")
    assert undo.is_disabled() and clear.is_disabled()
    draw(page, [*ONE, *ONE])
    clear.click()
    see(page, "?")


def test_examples_are_written_and_read(page, monkeypatch):
    monkeypatch.setattr(np.random, "default_rng", lambda: np.random.Generator(bits))
    for digit in (0, 3, 7):
        bits = np.random.PCG64(digit)
        page.get_by_role("button", name=str(digit), exact=True).click()
        see(page, digit)


def test_one_request_at_a_time_and_the_latest_wins(visit, address):
    page = visit()
    page.evaluate(
        """() => {
            const real = window.fetch;
            window.seen = { now: 0, most: 0, all: 0 };
            window.fetch = async (...asked) => {
                seen.most = Math.max(seen.most, ++seen.now);
                seen.all++;
                window.last = asked[1].body;
                await new Promise((go) => setTimeout(go, 100));
                try { return await real(...asked); } finally { seen.now--; }
            };
        }"""
    )
    line = [[0.5, y] for y in np.linspace(0.1, 0.9, 40)]
    draw(page, [line])
    see(page, 1)
    eventually(page, lambda: page.evaluate("seen.now") == 0)
    seen = page.evaluate("seen")
    assert seen["most"] == 1
    assert seen["all"] < 20
    assert f"{line[-1][1]:.2f}"[:3] in page.evaluate("last")


def test_a_server_that_has_ended_is_told(page, complaints):
    see(page, "?")
    page.context.set_offline(True)
    page.locator("#sheet").click()
    page.get_by_role("alert").get_by_text("Start it again: fastmlp draw").wait_for()
    page.context.set_offline(False)
    draw(page, ONE)
    page.get_by_role("alert").wait_for(state="hidden")
    assert all("ERR_INTERNET_DISCONNECTED" in complaint for complaint in complaints)
    complaints.clear()


# Without a mouse, and without eyes


def test_the_tabs_are_worked_by_the_keyboard(page):
    page.keyboard.press("Tab")
    draw_tab = page.get_by_role("tab", name="Draw")
    assert draw_tab.evaluate("tab => tab === document.activeElement")
    page.keyboard.press("ArrowRight")
    playground = page.get_by_role("tab", name="Playground", selected=True)
    assert playground.evaluate("tab => tab === document.activeElement")
    assert page.get_by_role("tabpanel", name="Playground").is_visible()
    assert not page.locator("#panel-draw").is_visible()
    for key, name in [
        ("ArrowRight", "Draw"),
        ("End", "Playground"),
        ("Home", "Draw"),
        ("ArrowLeft", "Playground"),
    ]:
        page.keyboard.press(key)
        assert page.get_by_role("tab", selected=True).inner_text() == name


def test_a_tab_has_an_address_of_its_own(visit):
    page = visit("#playground")
    assert page.get_by_role("tab", selected=True).inner_text() == "Playground"


def test_arrow_keys_draw(page):
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    sheet = page.get_by_role("application", name="Sheet to draw on")
    assert sheet.evaluate("sheet => sheet === document.activeElement")
    for _ in range(8):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    for _ in range(16):
        page.keyboard.press("ArrowDown")
    see(page, 1)
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Escape")
    see(page, "?")
    page.keyboard.press("0")
    see(page, 0)
    page.keyboard.press("Backspace")
    see(page, "?")


def test_a_screen_reader_is_told_the_verdict_when_the_hand_rests(page):
    draw(page, ONE)
    page.get_by_role("status").get_by_text("It reads 1").wait_for(state="attached")
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("status").get_by_text("empty").wait_for(state="attached")


def test_all_that_can_be_used_has_a_name(page):
    nameless = page.evaluate(
        """() => [...document.querySelectorAll(
            "button, input, select, textarea, canvas, [role=group], [role=tabpanel]"
        )].filter((element) => element.checkVisibility() && !(
            element.textContent.trim() || element.ariaLabel || element.labels?.length
            || element.getAttribute("aria-labelledby")
        )).map((element) => element.outerHTML)"""
    )
    assert nameless == []


# Wide and narrow, light and dark


@pytest.mark.parametrize(
    ("width", "scheme"),
    [(320, "dark"), (360, "light"), (700, "dark"), (1100, "light"), (1920, "dark")],
)
def test_nothing_is_wider_than_the_window(width, scheme, visit):
    page = visit(width=width, height=780, color_scheme=scheme)
    draw(page, ONE)
    see(page, 1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # The verdict is seen while one draws.
    verdict = page.locator("#verdict").bounding_box()
    assert verdict["y"] + verdict["height"] <= 780


def test_ink_changes_with_the_theme(visit):
    page = visit(color_scheme="light")
    draw(page, ONE)
    see(page, 1)
    middle = """sheet => {
        const copy = new OffscreenCanvas(sheet.width, sheet.height);
        const context = copy.getContext("2d", { willReadFrequently: true });
        context.drawImage(sheet, 0, 0);
        const [x, y] = [sheet.width / 2, sheet.height / 2];
        return context.getImageData(x, y, 1, 1).data[0];
    }"""
    sheet = page.locator("#sheet")
    eventually(page, lambda: sheet.evaluate(middle) < 50)
    page.emulate_media(color_scheme="dark")
    eventually(page, lambda: sheet.evaluate(middle) > 200)


def test_an_example_appears_at_once_where_motion_is_not_wanted(visit):
    page = visit(reduced_motion="reduce")
    sent = strokes_sent(page)
    page.get_by_role("button", name="8", exact=True).click()
    page.locator("#digit.none").wait_for(state="detached")
    page.wait_for_timeout(200)
    # A clean sheet, and all of it.
    assert len(sent) == 2
