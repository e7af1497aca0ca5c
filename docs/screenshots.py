"""Make the pictures of `fastmlp draw` that README and site show: docs/pictures/.

They take Chromium, and `pip install playwright 'fastmlp[plot]'`:

    .venv/bin/python docs/screenshots.py
"""

import io
import shutil
import threading
from pathlib import Path

from PIL import Image  # which comes with matplotlib
from playwright.sync_api import sync_playwright

from fastmlp import utils
from fastmlp._draw import app, reader, server
from fastmlp._draw.playground import Playground

PICTURES = Path(__file__).parent / "pictures"
SIZES = {"draw": (1180, 760), "playground": (1180, 1000)}
# A seven, and its bar, in shares of the sheet.
SEVEN = [
    [(0.24, 0.2), (0.4, 0.17), (0.58, 0.18), (0.77, 0.16), (0.69, 0.34), (0.58, 0.54),
     (0.5, 0.72), (0.45, 0.88)],
    [(0.38, 0.53), (0.5, 0.51), (0.7, 0.5)],
]  # fmt: skip


def main():
    """Serve the page, visit it in light and dark, and keep what is seen."""
    PICTURES.mkdir(exist_ok=True)
    utils.set_random_seed(0)
    routes = app.routes(reader.Reader(*reader.trained()), Playground())
    with server.Server(0, routes) as running, sync_playwright() as driver:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for scheme in ("light", "dark"):
            for name, show in [("draw", draw), ("playground", play)]:
                width, height = SIZES[name]
                page = browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme=scheme
                )
                show(page, running.address)
                keep(page.screenshot(), f"{name}-{scheme}.png")
                page.close()
        browser.close()
        running.shutdown()


def draw(page, address):
    """Draw a seven, and wait until it is read."""
    page.goto(address)
    frame = page.locator("#sheet").bounding_box()
    for line in SEVEN:
        for number, (x, y) in enumerate(line):
            place = frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]
            page.mouse.move(*place, steps=4)
            if number == 0:
                page.mouse.down()
        page.mouse.up()
    page.locator("#digit", has_text="7").wait_for()
    page.wait_for_timeout(500)


def play(page, address):
    """Train on two spirals until their arms are told apart."""
    page.goto(address + "#playground")
    page.locator("#train:enabled").wait_for()
    page.get_by_role("button", name="Train").click()
    while float(page.locator("#fact-epoch").inner_text().replace(",", "")) < 120:
        page.wait_for_timeout(50)
    page.get_by_role("button", name="Pause").click()
    page.wait_for_timeout(500)


def keep(picture, name):
    """Write a picture with 128 colours: a small file, and nobody sees a difference."""
    image = Image.open(io.BytesIO(picture)).convert("RGB").quantize(128, dither=0)
    image.save(PICTURES / name, optimize=True)
    print(f"{(PICTURES / name).stat().st_size / 1000:6.1f} kB  {name}")


if __name__ == "__main__":
    main()
