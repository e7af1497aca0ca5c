"""The Playground tab of `fastmlp draw` in a real browser."""

import math
import re

import numpy as np
import pytest
from serving import serving

from fastmlp._draw.playground import Playground

FLOWERS = "petal,stem,sort\n" + "".join(
    f"{k + 0.01 * i},{-k + 0.02 * (i % 5)},{'abc'[k]}\n"
    for i in range(20)
    for k in range(3)
)


# Elements that reach out of their card.
OVERFLOWS = """() => [...document.querySelectorAll("#panel-playground .card *")]
    .filter((one) => one.checkVisibility() && !one.closest("pre, svg, .unseen"))
    .filter((one) => {
        const card = one.closest(".card").getBoundingClientRect();
        return one.getBoundingClientRect().right > card.right + 0.5;
    }).map((one) => one.outerHTML.slice(0, 100))"""


@pytest.fixture(scope="module")
def address():
    with serving(Playground().routes()) as server:
        yield server.address


@pytest.fixture
def playground(visit):
    """Open the playground in a window of its own."""

    def playground(width=1600, **options):
        page = visit("#playground", width, 1000, **options)
        ready(page)
        return page

    return playground


@pytest.fixture
def page(playground):
    return playground()


def ready(page):
    page.locator("#train:enabled").wait_for()


def choose(page, kind):
    page.get_by_role("radio", name=kind).check(force=True)


def batches(page):
    return int(page.locator("#fact-batches").inner_text().replace(",", ""))


def loss(page, kind="training"):
    (text,) = page.locator(f".values .{kind}").all_inner_texts()[:1]
    return float(text.removeprefix(kind))


def pixels(page, selector=".plane"):
    """Return what a canvas shows, to be compared."""
    return page.locator(selector).first.evaluate("canvas => canvas.toDataURL()")


def wait_for(page, enough):
    for _ in range(200):
        if enough():
            return
        page.wait_for_timeout(25)
    raise AssertionError("It never came to that.")


def click_at(page, x, y, **how):
    """Click into the plane, at a place from 0 to 1 from the left and from the top."""
    plane = page.locator(".plane")
    box = plane.bounding_box()
    plane.click(position={"x": x * box["width"], "y": y * box["height"]}, **how)


def set_points(page):
    choose(page, "Own points")
    for kind, x in [("class 1", 0.3), ("class 2", 0.7)]:
        choose(page, kind)
        for y in (0.3, 0.5, 0.7):
            click_at(page, x, y)


# -- Training ------------------------------------------------------------------------


def test_while_it_trains_curves_boundary_and_units_change(page):
    before = [pixels(page), pixels(page, ".network"), loss(page)]
    page.get_by_role("button", name="Train").click()
    wait_for(page, lambda: batches(page) > 400)
    page.get_by_role("button", name="Pause").click()
    assert pixels(page) != before[0]
    assert pixels(page, ".network") != before[1]
    assert loss(page) < before[2]
    for kind in ("training", "validation"):
        path = page.locator(f".chart path.{kind}").first.get_attribute("d")
        assert path.count("L") > 10


def test_a_pause_rests_and_train_goes_on(page):
    page.get_by_role("button", name="Train").click()
    wait_for(page, lambda: batches(page) > 20)
    page.get_by_role("button", name="Pause").click()
    page.wait_for_timeout(150)  # What was asked for still comes.
    rested = batches(page)
    page.wait_for_timeout(150)
    assert batches(page) == rested
    page.get_by_role("button", name="Train").click()
    wait_for(page, lambda: batches(page) > rested + 20)


def test_one_batch_and_one_epoch_are_taken(page):
    page.get_by_role("button", name="One batch").click()
    wait_for(page, lambda: batches(page) == 1)
    page.get_by_role("button", name="One epoch").click()
    wait_for(page, lambda: batches(page) == 24)
    assert page.locator("#fact-epoch").inner_text() == "1"


def test_reset_begins_with_the_same_weights(page):
    first = pixels(page)
    page.get_by_role("button", name="One epoch").click()
    wait_for(page, lambda: batches(page) == 24)
    assert pixels(page) != first
    page.get_by_role("button", name="Reset").click()
    wait_for(page, lambda: batches(page) == 0)
    wait_for(page, lambda: pixels(page) == first)
    assert page.locator(".chart path").count() == 4  # each with the one point it had


def test_at_full_speed_thousands_of_batches_go_into_a_picture(page):
    page.get_by_label("Speed").select_option("as fast as it can")
    page.get_by_role("button", name="Train").click()
    wait_for(page, lambda: batches(page) > 10_000)
    assert loss(page) < 0.2
    # The first epochs, where most is learnt, are seen.
    assert page.get_by_label("Stretch the first epochs").is_checked()


def test_a_change_begins_anew_and_goes_on_running(page):
    page.get_by_role("button", name="Train").click()
    wait_for(page, lambda: batches(page) > 100)
    page.get_by_label("Activation").select_option("tanh")
    wait_for(page, lambda: batches(page) < 100)
    wait_for(page, lambda: batches(page) > 100)
    assert page.get_by_role("button", name="Pause").is_visible()


def test_many_changes_at_once_end_with_the_last_one(page):
    for _ in range(5):
        page.get_by_role("button", name="More units in layer 1").click()
    ready(page)
    wait_for(page, lambda: "Dense(13" in page.locator("#code").inner_text())
    page.get_by_role("button", name="Remove layer 2").click()
    ready(page)
    wait_for(page, lambda: page.locator("#code").inner_text().count("Dense(") == 2)


def test_steps_that_are_too_large_get_a_sentence(page):
    page.get_by_label("Activation").select_option("linear")
    page.get_by_label("Optimizer").select_option("SGD, momentum 0.9")
    page.get_by_label("Learning rate").select_option("3")
    page.get_by_label("Speed").select_option("as fast as it can")
    ready(page)
    page.get_by_role("button", name="Train").click()
    page.get_by_role("alert").get_by_text("Choose a smaller learning rate").wait_for()
    assert page.get_by_role("button", name="Train").is_visible()


def test_two_tabs_train_each_for_itself(playground):
    one, other = playground(), playground()
    choose(other, "Two moons")
    ready(other)
    for page in (one, other):
        page.get_by_role("button", name="One epoch").click()
        wait_for(page, lambda page=page: batches(page) == 24)
    assert "two_spirals" in one.locator("#code").inner_text()
    wait_for(other, lambda: "two_moons" in other.locator("#code").inner_text())


# -- Data ----------------------------------------------------------------------------


def test_every_shape_is_learnt(page):
    page.get_by_label("Speed").select_option("as fast as it can")
    page.get_by_role("button", name="Train").click()
    for kind in ("Two moons", "Circles", "Checkers (XOR)", "Clusters"):
        choose(page, kind)
        wait_for(page, lambda: batches(page) > 1 and loss(page) > 0.1)
        wait_for(page, lambda: loss(page) < 0.1)


def test_own_points_are_set_taken_back_and_learnt(page):
    choose(page, "Own points")
    assert page.get_by_role("button", name="Train").is_disabled()
    page.get_by_text("Set points of two classes.").first.wait_for()
    set_points(page)
    ready(page)
    code = page.locator("#code")
    wait_for(page, lambda: len(re.findall(r"\[.*, [01]\],", code.inner_text())) == 6)
    page.get_by_label("Speed").select_option("as fast as it can")
    page.get_by_role("button", name="Train").click()
    wait_for(page, lambda: loss(page) < 0.05)
    page.get_by_role("button", name="Pause").click()
    page.locator(".plane").hover(position={"x": 20, "y": 200})
    page.get_by_text(re.compile(r"x1 -1\.\d+, x2 .*: class 1")).wait_for()
    page.get_by_role("button", name="Take back").click()
    click_at(page, 0.32, 0.3, modifiers=["Shift"])
    wait_for(page, lambda: len(re.findall(r"\[.*, [01]\],", code.inner_text())) == 4)
    page.get_by_role("button", name="Clear").click()
    wait_for(page, lambda: page.get_by_role("button", name="Train").is_disabled())


def test_points_are_set_by_keyboard(page):
    choose(page, "Own points")
    page.locator(".plane").focus()
    for kind, key in [("class 1", "ArrowLeft"), ("class 2", "ArrowUp")]:
        choose(page, kind)
        page.locator(".plane").focus()
        for _ in range(10):
            page.keyboard.press(key)
        page.keyboard.press("Enter")
    ready(page)
    wait_for(
        page, lambda: "[0.0, 0.5, 1]" in page.locator("#code").inner_text().lower()
    )
    page.keyboard.press("Delete")
    wait_for(page, lambda: page.get_by_role("button", name="Train").is_disabled())


def test_an_own_table_is_read_shown_and_learnt(page):
    choose(page, "Own table (CSV)")
    assert page.get_by_role("button", name="Train").is_disabled()
    file = {"name": "own.csv", "mimeType": "text/csv", "buffer": FLOWERS.encode()}
    page.get_by_label("A CSV file").set_input_files([file])
    ready(page)
    assert page.get_by_label("Class", exact=True).input_value() == "sort"
    assert "a" in page.locator(".legend").inner_text()
    page.get_by_role("button", name="One epoch").click()
    wait_for(page, lambda: batches(page) > 1)
    wait_for(page, lambda: '"own.csv"' in page.locator("#code").inner_text())
    page.get_by_label("Across").select_option("stem")
    ready(page)
    wait_for(page, lambda: page.get_by_label("Up").input_value() == "0")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a,b,k\n1,2,x\n3,?,y\n", "Line 3 of own.csv has '?' in the column 'b'"),
        (b"a,b,k\n1,2,\xe4\n", "own.csv is no text in UTF-8"),
        (b"x" * 2_000_001, "own.csv has 2.0 MB, and the playground reads 2 MB"),
    ],
)
def test_a_mistake_in_a_table_is_said(content, sentence, page, complaints):
    choose(page, "Own table (CSV)")
    file = {"name": "own.csv", "mimeType": "text/csv", "buffer": content}
    page.get_by_label("A CSV file").set_input_files([file])
    page.get_by_role("alert").get_by_text(sentence).wait_for()
    # Chromium notes each answer of status 400.
    assert all("400 (Bad Request)" in complaint for complaint in complaints)
    complaints.clear()
    choose(page, "Two moons")
    page.get_by_role("alert").wait_for(state="hidden")


def test_digits_show_weights_that_move_and_what_is_read_wrong(page):
    choose(page, "Drawn digits")
    page.locator(".images canvas").first.wait_for()
    ready(page)
    assert page.locator(".images canvas").count() == 64
    before = pixels(page, ".images canvas")
    page.get_by_role("button", name="Train").click()
    wait_for(page, lambda: batches(page) > 300)
    page.get_by_role("button", name="Pause").click()
    assert pixels(page, ".images canvas") != before
    assert page.locator(".mistakes li").count() > 5
    # What points had comes back with them.
    choose(page, "Two moons")
    ready(page)
    assert page.get_by_label("Batch size").input_value() == "16"


# -- Code ----------------------------------------------------------------------------


def test_the_code_that_is_copied_runs(playground, capsys):
    page = playground(permissions=["clipboard-read", "clipboard-write"])
    choose(page, "Circles")
    page.get_by_label("Dropout").fill("0.1")
    ready(page)
    page.get_by_role("button", name="One epoch").click()
    wait_for(page, lambda: batches(page) == 24)
    page.get_by_role("button", name="Copy code").click()
    page.get_by_role("button", name="Copied").wait_for()
    names = {}
    exec(page.evaluate("navigator.clipboard.readText()"), names)
    capsys.readouterr()
    train, validation = (
        names["model"].evaluate(x, y, verbose=0)[0]
        for x, y in [("x_train", "y_train"), ("x_val", "y_val")]
        for x, y in [(names[x], names[y])]
    )
    assert math.isclose(train, loss(page), rel_tol=0.01)
    assert math.isclose(validation, loss(page, "validation"), rel_tol=0.01)


# -- Everyone, everywhere ------------------------------------------------------------


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_nothing_is_wider_than_the_window(width, playground):
    page = playground(width)
    content = FLOWERS.replace("petal", "the length of a petal in inches").encode()
    file = {"name": "own.csv", "mimeType": "text/csv", "buffer": content}
    page.get_by_label("A CSV file").set_input_files([file])
    for kind in ("Two spirals", "Own points", "Own table (CSV)", "Drawn digits"):
        choose(page, kind)
        page.wait_for_timeout(50)
        page.locator("#panel-playground[aria-busy=false]").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, kind
        assert page.evaluate(OVERFLOWS) == [], kind


def test_all_that_can_be_used_has_a_name_and_takes_the_keyboard(page):
    nameless = page.evaluate(
        """() => [...document.querySelectorAll(
            "#panel-playground :is(button, input, select, canvas[tabindex], pre)"
        )].filter((one) => one.checkVisibility() && !(
            one.labels?.length || one.getAttribute("aria-label")
            || (one.localName === "button" && one.textContent.trim())
        )).map((one) => one.outerHTML)"""
    )
    assert nameless == []
    page.get_by_role("button", name="One batch").focus()
    page.keyboard.press("Enter")
    wait_for(page, lambda: batches(page) == 1)
    page.keyboard.press("Enter")  # The focus has stayed.
    wait_for(page, lambda: batches(page) == 2)
    page.get_by_role("radio", name="Two spirals").focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("radio", name="Two moons").is_checked()


def test_arrow_keys_ask_what_the_network_says_of_a_place(page):
    page.locator(".plane").focus()
    page.keyboard.press("ArrowRight")
    readout = page.locator(".readout[aria-live=polite]")
    assert re.match(r"x1 0\.05, x2 .*: class \d, \d+ %", readout.inner_text())
    page.get_by_role("button", name="Reset").focus()
    assert readout.inner_text() == ""


def test_a_screen_reader_is_told_what_became_of_a_step(page):
    page.get_by_role("button", name="One epoch").click()
    said = page.get_by_role("status").get_by_text(re.compile("Epoch 1.0: training acc"))
    said.wait_for(state="attached")


def test_pictures_change_with_the_colors_of_the_system(page):
    day = pixels(page)
    page.emulate_media(color_scheme="dark")
    wait_for(page, lambda: pixels(page) != day)


def test_a_unit_under_the_pointer_is_shown_large(page):
    before = pixels(page)
    box = page.locator(".network").bounding_box()
    for y in np.linspace(0.3, 0.7, 20):  # some unit of the first hidden layer
        page.mouse.move(box["x"] + 0.375 * box["width"], box["y"] + y * box["height"])
        if "Unit" in page.locator(".readout").inner_text():
            break
    assert "of hidden layer 1: above zero blue" in page.locator(".readout").inner_text()
    assert pixels(page) != before
    page.mouse.move(0, 0)
    wait_for(page, lambda: pixels(page) == before)
