"""Every part of the page in a headless browser: by mouse, by finger and by keyboard alone."""

import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from page_networks import make_classifier, make_painter, wait_until
from PIL import Image

from minidraw import Classifier, Draw, datasets, layers
from minidraw.datasets import bundled_path
from minidraw.models import draw
from minidraw.models.interface import Batch

STILL = {"reduced_motion": "reduce"}  # the last step at once
PAPER, INK = np.array([253, 252, 249]), np.array([29, 27, 24])  # of page.css, in light


def pixels(page, selector):
    """Return the pixels of a canvas, (height, width, 3)."""
    address = page.eval_on_selector(selector, "canvas => canvas.toDataURL()")
    with Image.open(BytesIO(b64decode(address.partition(",")[2]))) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def middles(sheet, height, width, columns=1, k=0):
    """The middle of every enlarged pixel of picture k of a sheet: (height, width, 3)."""
    scale = sheet.shape[1] // (columns * (width + 1) - 1)
    down = (k // columns * (height + 1) + np.arange(height)) * scale + scale // 2
    across = (k % columns * (width + 1) + np.arange(width)) * scale + scale // 2
    return sheet[np.ix_(down, across)]


def ink(values):
    return PAPER + (INK - PAPER) * np.asarray(values)[..., None]


def painter(**sizes):
    """A network whose first canvas is empty paper, as a digit's is."""
    network = make_painter(**({"glimpses": 6} | sizes))
    network.params_["canvas_0"][:] = -4
    return network


def text(page, selector):
    return page.inner_text(selector)


def set_range(page, selector, value):
    page.eval_on_selector(
        selector,
        "(field, value) => { field.value = value;"
        " field.dispatchEvent(new Event('input', { bubbles: true })); }",
        value,
    )


def page_noise(javascript, config, keys_of_step):
    """The page's z: (T, n, Z), for the keys of each image at a step."""
    lines = (
        "const answer = given.keys.map((step) => step.map((keys) => normals(given.Z, ...keys)));"
    )
    keys = [keys_of_step(t) for t in range(config.glimpses)]
    return np.array(javascript(lines, Z=config.latent, keys=keys))


def test_nine_digits_are_those_of_the_package(open_page, javascript):
    network = Draw.load(bundled_path("mnist.npz"))
    config = network.config_
    page = open_page(network, "#seed=5", **STILL)
    noise = page_noise(javascript, config, lambda t: [[5, t, k] for k in range(9)])
    film = draw.generate(network.params_, noise.astype(np.float32), config, layers)
    chances = layers.sigmoid(film.canvas[-1])[:, 0]
    sheet = pixels(page, "#new canvas")
    for k, expected in enumerate(ink(chances)):
        assert np.abs(middles(sheet, 28, 28, 3, k) - expected).max() <= 2
    assert "Step 64 of 64" in text(page, "#new-live")


def test_play_pause_and_scrub_by_keyboard(open_page):
    page = open_page(painter(glimpses=40))
    button = page.locator("#new [data-do=play]")
    wait_until(page, "document.querySelector('#new [name=step]').value > 1")
    assert button.inner_text() == "Pause"
    button.focus()
    page.keyboard.press("Space")
    assert button.inner_text() == "Play"
    at = page.input_value("#new [name=step]")
    assert f"Step {at} of 40" in text(page, "#new-live")
    page.keyboard.press("Tab")  # the next field is the step
    page.keyboard.press("Home")
    assert page.input_value("#new [name=step]") == "0"
    first = pixels(page, "#new canvas")
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    assert text(page, "#new .at") == "7 / 40" and "Step 7 of 40" in text(page, "#new-live")
    seventh = pixels(page, "#new canvas")
    assert (first != seventh).any()
    page.keyboard.press("End")
    page.keyboard.press("Home")
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    assert np.array_equal(pixels(page, "#new canvas"), seventh)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert text(page, "#new .rate").endswith("/s")


def test_the_address_keeps_the_digits(open_page):
    network = painter()
    page = open_page(network, **STILL)
    field = page.locator("[name=seed]")
    field.fill("77")
    wait_until(page, "location.hash === '#seed=77'")
    page.check("[name=show][value=walk]")
    page.select_option("[name=from]", "3")
    page.select_option("[name=to]", "8")
    set_range(page, "[name=temperature]", 0.8)
    shown = pixels(page, "#new canvas")
    wait_until(page, "location.hash.includes('temperature=0.8')")
    address = page.evaluate("location.hash")
    assert "seed=77" in address and "show=walk" in address
    again = open_page(network, address, **STILL)
    assert np.array_equal(pixels(again, "#new canvas"), shown)
    assert again.input_value("[name=to]") == "8"
    again.evaluate("location.hash = '#seed=78'")
    wait_until(again, "document.querySelector('[name=seed]').value === '78'")
    assert (pixels(again, "#new canvas") != shown).any()
    page.click("[data-do=reseed]")
    assert page.input_value("[name=seed]") != "77"


@pytest.mark.parametrize(
    "address", ["#seed=-5&show=<b>&from=0&keep=9e9", "#seed=&to=NaN&temperature=x", "#%00%ff&=&&"]
)
def test_an_address_that_makes_no_sense(open_page, address):
    page = open_page(painter(), address, **STILL)
    assert "Step 6 of 6" in text(page, "#new-live")
    assert page.is_checked("[name=show][value=new]")


def test_variations_keep_what_they_shall(open_page):
    network = painter()
    network.params_["decoder.W"] *= 8  # so that other z give plainly other pictures
    page = open_page(network, "#seed=3&show=variations&from=2&keep=4", **STILL)

    def pictures():
        sheet = pixels(page, "#new canvas")
        return [middles(sheet, 9, 7, 3, k) for k in range(9)]

    page.uncheck("[name=frames]")
    set_range(page, "#new [name=step]", 4)
    assert all(np.array_equal(pictures()[0], picture) for picture in pictures()[1:])
    set_range(page, "#new [name=step]", 6)
    assert not any(np.array_equal(pictures()[0], picture) for picture in pictures()[1:])
    page.check("[name=show][value=new]")
    second = pixels(open_page(network, "#seed=3", **STILL), "#new canvas")
    assert np.array_equal(pictures()[1], middles(second, 9, 7, 3, 1))
    set_range(page, "[name=temperature]", 0)
    assert all(np.array_equal(pictures()[0], picture) for picture in pictures()[1:])
    page.check("[name=canvas][value=ink]")
    colours = {tuple(c) for picture in pictures() for c in picture.reshape(-1, 3)}
    assert colours == {tuple(PAPER), tuple(INK)}


def test_a_click_on_a_digit_shows_its_variations(open_page):
    page = open_page(painter(), **STILL)
    page.locator("#new canvas").scroll_into_view_if_needed()
    box = page.locator("#new canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.5)
    assert page.is_checked("[name=show][value=variations]")
    assert page.input_value("[name=from]") == "6"


def test_a_drawing_by_mouse_is_redrawn(open_page, javascript):
    network = painter(height=12, width=10)
    config = network.config_
    page = open_page(network, **STILL)
    page.click("#yours [data-do=clear]")
    assert np.abs(pixels(page, "#yours .paper") - PAPER).max() == 0
    empty = text(page, ".nats tbody")
    box = page.locator("#yours .paper").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.6 * box["height"], steps=5)
    page.mouse.up()
    assert text(page, ".nats tbody") != empty
    x = (PAPER - middles(pixels(page, "#yours .paper"), 12, 10)).mean(axis=2) / (PAPER - INK).mean()
    assert x.max() > 0.99 and 0.02 < x.mean() < 0.5
    check_nats(page, network, javascript, x.round(3))
    sheet = pixels(page, "#yours .sheet")
    assert (sheet != PAPER).any()
    before = text(page, ".nats tbody")
    page.click("[data-do=resample]")
    assert text(page, ".nats tbody") != before
    assert f"Step {config.glimpses} of {config.glimpses}" in text(page, "#yours-live")


def check_nats(page, network, javascript, x):
    """Compare the table with the package's costs for the same z."""
    config = network.config_
    noise = page_noise(javascript, config, lambda t: [[0, t, k, 3] for k in range(2)])
    batch = Batch(np.stack([x[None], x[None]]))
    params = {name: value.astype(np.float64) for name, value in network.params_.items()}
    costs = draw.costs(params, batch, noise, config, layers)
    rows = page.eval_on_selector_all(
        ".nats tbody tr", "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    found = np.array(rows, float)[:, 1:]
    expected = np.stack([costs["nll"], costs["kl"], costs["total"]], axis=1)
    assert np.abs(found - expected).max() < 0.02 * np.abs(expected).max() + 0.1


def test_a_drawing_by_keyboard_alone(open_page):
    page = open_page(painter(), **STILL)
    page.click("#yours [data-do=clear]")
    before = text(page, ".nats tbody")
    while page.evaluate("document.activeElement.className") != "paper":
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Shift+ArrowUp"):
        page.keyboard.press(key)
    wait_until(page, "document.querySelector('#yours .pen').textContent")
    assert text(page, ".nats tbody") != before
    assert text(page, "#yours .pen").startswith("Pen down at column 6, row 1")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")  # there is a way out
    assert page.evaluate("document.activeElement.dataset.do") == "clear"
    inked = (pixels(page, "#yours .paper") < 128).all(axis=2).mean()
    assert 0.03 < inked < 0.6


@pytest.mark.parametrize(
    "make, part, live", [(painter, "yours", ".nats tbody"), (make_classifier, "scene", ".classes")]
)
def test_a_stroke_by_keyboard_counts_when_the_pen_is_lifted_at_once(open_page, make, part, live):
    page = open_page(make(), **STILL)
    page.click(f"#{part} [data-do=clear]")
    before = text(page, live)
    page.focus(f"#{part} .paper")
    for key in ("Space", "ArrowDown", "ArrowRight", "Space"):
        page.keyboard.press(key)
    wait_until(page, f"document.querySelector('#{part} .pen').textContent")
    assert text(page, f"#{part} .pen").startswith("Pen up at ")
    assert text(page, live) != before


def test_a_drawing_by_finger(open_page):
    page = open_page(painter(), has_touch=True, viewport={"width": 390, "height": 844}, **STILL)
    page.tap("#yours [data-do=clear]")
    page.locator("#yours .paper").scroll_into_view_if_needed()
    box = page.locator("#yours .paper").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert (pixels(page, "#yours .paper") < 128).any()
    page.check("#yours [name=eraser]")
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert np.abs(pixels(page, "#yours .paper") - PAPER).max() < 100


def test_a_picture_from_disk(open_page, tmp_path):
    page = open_page(painter(), **STILL)
    dark_on_light = np.full((90, 70), 255, np.uint8)
    dark_on_light[30:60, 20:50] = 0
    path = tmp_path / "<b>square.png"
    Image.fromarray(dark_on_light).save(path)
    page.set_input_files("#yours [type=file]", path)
    wait_until(page, "document.querySelector('#yours .pen').textContent")
    assert text(page, "#yours .pen") == "<b>square.png loaded."
    seen = middles(pixels(page, "#yours .paper"), 9, 7)
    assert np.abs(seen[4, 3] - INK).max() < 5 and np.abs(seen[0, 0] - PAPER).max() < 5
    (tmp_path / "words.txt").write_text("no picture")
    page.set_input_files("#yours [type=file]", tmp_path / "words.txt")
    wait_until(page, "document.querySelector('#yours .pen').textContent.includes('no pic')")


def test_the_window_by_mouse_keyboard_and_sliders(open_page):
    page = open_page(painter(height=20, width=20), **STILL)
    value = lambda name: float(page.input_value(f"#play [name={name}]"))  # noqa: E731
    page.click("#yours .paper")
    canvas = page.locator("#play .picture")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    pixel = box["width"] / 20
    x, y = box["x"] + 10 * pixel, box["y"] + 10 * pixel
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 3 * pixel, y - 2 * pixel, steps=4)
    page.mouse.up()
    assert abs(value("centerX") - 12.5) < 0.15 and abs(value("centerY") - 7.5) < 0.15
    half = 1.5 * value("stride")
    corner = (box["x"] + (13 + half) * pixel, box["y"] + (8 + half) * pixel)
    page.mouse.move(*corner)
    page.mouse.down()
    page.mouse.move(corner[0] + pixel, corner[1] + pixel, steps=3)
    page.mouse.up()
    assert abs(value("stride") - (half + 1) / 1.5) < 0.15
    assert abs(value("centerX") - 12.5) < 0.15
    canvas.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    assert abs(value("centerX") - 11.5) < 0.15 and abs(value("centerY") - 8.5) < 0.15
    before = pixels(page, "#play .written")
    page.focus("#play [name=variance]")
    for _ in range(30):
        page.keyboard.press("ArrowLeft")
    assert (pixels(page, "#play .written") != before).any()
    page.focus("#play [name=filters]")
    page.keyboard.press("ArrowRight")
    wait_until(page, "document.querySelector('#play-live').textContent")
    assert "patch" in text(page, "#play-live")
    page.focus("#play [name=picture]")
    page.keyboard.press("ArrowDown")
    assert page.is_checked("[name=picture][value=painted]")


def test_what_the_window_reads_is_the_layers_patch(open_page):
    page = open_page(painter(height=20, width=20), **STILL)
    page.click("#yours .paper")
    x = (PAPER - middles(pixels(page, "#play .picture"), 20, 20)).mean(axis=2)
    x = x[None, None] / (PAPER - INK).mean()
    names = ("centerX", "centerY", "stride", "variance", "gamma")
    values = [float(page.input_value(f"#play [name={name}]")) for name in names]
    center_x, center_y, stride, var, gamma = np.array(values)[:, None]
    F_y, _ = layers.filterbank(center_y, stride, np.exp(var), K=4, A=20)
    F_x, _ = layers.filterbank(center_x, stride, np.exp(var), K=4, A=20)
    patch, _ = layers.read_image(F_y, F_x, np.exp(gamma), x=x)
    side = pixels(page, "#play .patch")
    # The frame hides some pixels of the picture, so that x isn't exact there.
    assert np.abs(middles(side, 4, 4) - ink(patch[0, 0])).mean() < 25


def test_a_classifier_reads_the_package_s_scene(open_page):
    network = Classifier.load(bundled_path("cluttered-8.npz"))
    page = open_page(network, **STILL)
    scenes = datasets.load("cluttered-digits").valid.images[:2]
    expected = network.predict_proba(scenes)
    for k in range(2):
        cells = page.eval_on_selector_all(
            ".classes td:last-child", "cells => cells.map(cell => cell.textContent)"
        )
        found = np.array([float(cell.rstrip(" %")) for cell in cells]) / 100
        assert np.abs(found - expected[k]).max() < 1e-3
        assert f"Likeliest: {expected[k].argmax()}" in text(page, "#scene-live")
        page.click("#scene [data-do=example]")
    set_range(page, "#scene [name=step]", 0)
    assert "not looked yet" in text(page, "#scene-live")
    page.click("#scene [data-do=clear]")
    assert page.title() == "A network that looks"
    assert not page.locator("#new, #yours").count()


def test_classes_are_text(open_page):
    network = make_classifier()
    network.classes_ = np.array(["<img src=x onerror=alert(1)>", "</table>", "&lt;"])
    page = open_page(network, **STILL)
    heads = page.eval_on_selector_all(".classes th", "all => all.map(one => one.textContent)")
    assert heads == network.classes_.tolist() and not page.locator("img").count()


@pytest.mark.parametrize(
    "sizes", [{"channels": 3}, {"read_attention": False, "write_attention": False}]
)
def test_networks_in_colour_or_without_windows(open_page, sizes):
    page = open_page(painter(**sizes), **STILL)
    assert len(np.unique(pixels(page, "#new canvas").reshape(-1, 3), axis=0)) > 5
    page.click("#yours [data-do=clear]")
    page.click("#yours .paper", position={"x": 50, "y": 50})
    assert "costs" in text(page, "#yours-live")
    assert page.locator("#yours [name=colour]").count() == (sizes.get("channels") == 3)
    assert ("window" in text(page, "#yours-live")) == sizes.get("write_attention", True)


def test_a_saved_gif_and_png_show_the_sheet(open_page, tmp_path):
    page = open_page(painter(), **STILL)
    with page.expect_download() as saving:
        page.click("#new [data-do=png]")
    saving.value.save_as(tmp_path / "painted.png")
    shown = pixels(page, "#new canvas")
    with Image.open(tmp_path / "painted.png") as picture:
        assert np.array_equal(np.asarray(picture.convert("RGB")), shown)
    with page.expect_download() as saving:
        page.click("#new [data-do=gif]")
    saving.value.save_as(tmp_path / "painted.gif")
    with Image.open(tmp_path / "painted.gif") as film:
        assert film.n_frames == 7 and film.info["loop"] == 0
        film.seek(6)
        last = np.asarray(film.convert("RGB")).astype(int)
    assert last.shape == shown.shape and np.abs(last - shown).max() <= 8
    for part in ("#yours", "#play"):
        with page.expect_download() as saving:
            page.click(f"{part} .controls [data-do=png]")
        assert saving.value.suggested_filename.endswith(".png")


def test_every_control_is_named_and_reached_by_tab(open_page):
    page = open_page(painter(channels=3), "#seed=1&show=variations", "lessons/", **STILL)
    unnamed = page.evaluate("""() => [...document.querySelectorAll(
        "button, input, select, a, [tabindex]")].filter((field) => !(field.textContent.trim()
        || field.getAttribute("aria-label") || field.labels?.[0]?.textContent.trim()))
        .map((field) => field.outerHTML)""")
    assert not unnamed
    visited = set()
    for _ in range(90):
        page.keyboard.press("Tab")
        visited.add(
            page.evaluate("""() => { const at = document.activeElement;
            return `${at.closest("section")?.id} ${at.name || at.dataset.do || at.className
                || at.type}` }""")
        )
    for wanted in """new show|new from|new keep|new temperature|new seed|new reseed|new png
        new gif|new play|new step|new speed|yours paper|yours clear|yours example|yours eraser
        yours pen|yours colour|yours file|yours play|yours step|yours resample|play picture
        play centerX|play stride|play variance|play gamma|play filters""".replace("\n", "|").split(
        "|"
    ):
        assert wanted.strip() in visited


def test_the_page_moves_only_for_those_who_like_it(open_page):
    page = open_page(painter(), **STILL)
    assert page.input_value("#new [name=step]") == "6"
    assert page.locator("[data-do=play]").all_inner_texts() == ["Play", "Play"]
    page.click("#new [data-do=play]")
    wait_until(page, "document.querySelector('#new [data-do=play]').textContent === 'Pause'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_s_width_in_light_and_dark(open_page, scheme):
    settings = {"viewport": {"width": 390, "height": 844}, "color_scheme": scheme}
    for network in (painter(), make_classifier(classes=12)):
        page = open_page(network, **settings, **STILL)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (int(re.findall(r"\d+", paper)[0]) > 128) == (scheme == "light")


def test_a_change_between_light_and_dark(open_page):
    page = open_page(painter(), color_scheme="light", **STILL)
    light = pixels(page, "#new canvas").mean()
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.wait_for_timeout(100)
    assert pixels(page, "#new canvas").mean() < light - 100


def test_links_to_the_lessons(open_page):
    page = open_page(painter(), lessons="https://example.org/lessons")
    links = page.eval_on_selector_all("a", "links => links.map(link => link.href)")
    assert "https://example.org/lessons/07_write.html" in links and len(links) >= 9
    assert not open_page(painter()).locator("a").count()


def test_a_conditional_network_paints_the_class_asked_for(open_page, javascript):
    network = painter(classes=3)
    network.classes_ = np.array(["cat", "dog", "<b>"])
    network.params_["canvas_0"][:] = -2  # paper, but not so white that strokes vanish
    for name in ("decoder.h_0", "decoder.c_0", "encoder.h_0", "encoder.c_0"):
        network.params_[name] *= 8  # so that the classes differ plainly
    config = network.config_
    noise = page_noise(javascript, config, lambda t: [[4, t, k] for k in range(9)])

    def paint(labels):
        film = draw.generate(network.params_, noise, config, layers, np.array(labels))
        return layers.sigmoid(film.canvas[-1])[:, 0]

    by_class = [paint([label] * 9) for label in range(3)]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert (
            np.abs(by_class[one] - by_class[other]).max(axis=(1, 2)) > 0.03
        ).all()  # 2 / 255 counts as equal

    def check_pictures(page, labels):
        for k, chances in enumerate(paint(labels)):
            shown = middles(pixels(page, "#new canvas"), 9, 7, 3, k)
            assert np.abs(shown - ink(chances)).max() <= 2

    page = open_page(network, "#seed=4", **STILL)
    check_pictures(page, [0, 1, 2] * 3)
    page.select_option("#new [name=class]", "dog")
    check_pictures(page, [1] * 9)
    wait_until(page, "location.hash.includes('class=dog')")
    again = open_page(network, "#seed=4&class=<b>", **STILL)
    check_pictures(again, [2] * 9)
    before = pixels(page, "#yours .sheet")
    page.select_option("#yours [name=class]", label="<b>")
    assert (pixels(page, "#yours .sheet") != before).any()


def test_a_network_without_classes_offers_none(open_page):
    assert not open_page(painter(), "#class=1", **STILL).query_selector("[name=class]")
