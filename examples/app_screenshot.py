"""Paint in the page as a person would, and take a picture of it.

python examples/app_screenshot.py docs/app.png
"""

import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

SIZE = {"width": 1280, "height": 800}
STROKES = (
    ((1190, 430), (1176, 520), (1190, 600), (1170, 680), (1150, 725)),
    ((1160, 540), (1220, 540), (1240, 570), (1200, 620), (1140, 640), (1130, 690)),
    ((1140, 725), (1060, 715), (1070, 690), (1110, 660)),
    ((1364, 420), (1340, 460), (1320, 500)),
)


def main(output: str) -> None:
    command = [sys.executable, "-m", "deepgin", "app", "--no-browser"]
    app = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert app.stderr
        address = next(word for word in app.stderr.readline().split() if "://" in word)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
            page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
            page.goto(address.rstrip(","))
            paint(page)
            shot = page.screenshot()
            browser.close()
    finally:
        app.terminate()
        app.wait()
    # A palette takes a third of the room and looks the same.
    image = (
        Image.open(BytesIO(shot)).convert("RGB").quantize(256, kmeans=3, dither=Image.Dither.NONE)
    )
    image.save(output, optimize=True)
    print(f"wrote {output}")


def paint(page: Page) -> None:
    page.set_input_files("#picture-file", Path(__file__).parent / "firs.jpg")
    page.wait_for_selector("[data-state=ready]")
    page.wait_for_timeout(300)
    page.locator("#eager").evaluate("(fills) => fills.click()")  # several strokes, to be seen
    for stroke in STROKES:
        page.mouse.move(*on_screen(page, stroke[0]))
        page.mouse.down()
        for point in stroke[1:]:
            page.mouse.move(*on_screen(page, point), steps=12)
        page.mouse.up()
    page.mouse.move(*on_screen(page, (1430, 380)))
    page.wait_for_timeout(300)


def on_screen(page: Page, point: tuple[float, float]) -> tuple[float, float]:
    view = page.get_attribute("#stage", "data-view")
    box = page.locator("#above").bounding_box()
    assert view and box
    scale, left, top = map(float, view.split())
    return box["x"] + left + point[0] * scale, box["y"] + top + point[1] * scale


if __name__ == "__main__":
    main(*sys.argv[1:])
