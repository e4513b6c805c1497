"""Every figure: windows whole, images enlarged, words in the picture, colours that work in grey."""

import numpy as np
import pytest

from minidraw import cli
from minidraw.models.interface import Film, Scanpath, Window
from minidraw.pictures import drawing, films, labels, nearest, paper_figures, saving, sheets

T, PIXELS = 3, 60


class Painter:
    """A network of 60 x 60 images whose first window leaves the image on all sides."""

    def __init__(self, beyond=7.5, attention=True):
        stride = np.full((T, 9), 2.0)
        stride[0] = (PIXELS - 1 + 2 * beyond) / 4
        middle, ones = np.full((T, 9), (PIXELS - 1) / 2), np.ones((T, 9))
        self.window = Window(middle, middle, stride, ones, ones) if attention else None

    def film(self, n, seed=0):
        window = self.window and Window(*(part[:, :n] for part in self.window))
        return Film(np.full((T + 1, n, 1, PIXELS, PIXELS), -9.0), None, window, 2, 5)

    def sample(self, n, seed=0):
        return np.zeros((n, 1, PIXELS, PIXELS), np.float32)


def scanpath(n=1):
    middle, ones = np.full((T, n), 49.5), np.ones((T, n))
    stride = np.full((T, n), 130 / 11)  # 15 pixels beyond a scene of 100
    likely = np.tile([0.1, 0.7, 0.2], (n, 1))
    glimpses = np.zeros((T, n, 1, 12, 12))
    return Scanpath(
        np.zeros((n, 1, 100, 100)), Window(middle, middle, stride, ones, ones), glimpses, likely, 12
    )


@pytest.fixture
def texts(monkeypatch):
    """Lines of text, as they are drawn."""
    from PIL import ImageDraw

    lines, write = [], ImageDraw.ImageDraw.text

    def keep(self, place, text, *args, **settings):
        lines.append(text)
        return write(self, place, text, *args, **settings)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", keep)
    return lines


def boxes(picture, colour):
    """Separate frames of a colour: the boxes of the mask's parts, cut at free rows and columns."""
    mask = (picture == colour).all(axis=-1)

    def runs(line):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], line, [0]])))
        return edges.reshape(-1, 2)

    return [
        (*down, *across) for down in runs(mask.any(axis=1)) for across in runs(mask.any(axis=0))
    ]


@pytest.mark.parametrize("beyond", [0, 0.5, 7.5, 40])
def test_windows_that_leave_the_image_are_drawn_whole(beyond):
    network = Painter(beyond)
    film = network.film(1)
    scale = drawing.choose_scale(T * (PIXELS + 2), PIXELS, page=1200)
    side = (PIXELS - 1 + 2 * beyond) * scale  # from the first filter's centre to the last
    for picture in (
        paper_figures.render_film_strip(network, rows=1),
        *films.render_frames(film, scale=scale)[1:2],
    ):
        top, bottom, left, right = boxes(picture, drawing.VERMILION)[0]
        assert 0 < top and 0 < left and bottom < picture.shape[0] and right < picture.shape[1]
        width = min(bottom - top, right - left) - side
        assert 0 < width < PIXELS * scale / 8 and abs((bottom - top) - (right - left)) <= 1


def test_a_window_farther_away_than_an_image_is_cut():
    picture = paper_figures.render_film_strip(Painter(1e4), rows=1)
    assert max(picture.shape) < 2000


def test_a_classifiers_windows_are_drawn_whole():
    picture = sheets.render_classification(scanpath())
    scale = drawing.MAX_SIDE // (T * 101)
    parts = boxes(picture, drawing.GREEN)
    assert len(parts) == T
    for top, bottom, left, right in parts:
        assert bottom - top > 130 * scale and right - left > 130 * scale
        assert 0 < top and 0 < left and bottom < len(picture) and right < picture.shape[1]


def test_the_margin_keeps_an_image_apart_even_if_it_is_white():
    pictures = drawing.surround(np.full((1, 5, 5, 3), 255, np.uint8), 3)
    assert (pictures[0, 2, 2:9] == drawing.GREY).all() and (pictures[0, :2] == 255).all()


@pytest.mark.parametrize("side", [28, 32, 54, 60, 64])
@pytest.mark.parametrize("count", [1, 9, 72, 100])
def test_images_are_enlarged(side, count):
    sheet = sheets.render_sheet(np.zeros((count, 1, side, side)))
    columns = min(count, int(np.ceil(np.sqrt(count))))
    assert sheet.shape[1] // columns >= max(84, 2 * side) and max(sheet.shape) <= 1800


def test_films_and_strips_are_enlarged():
    frame = films.render_frames(Painter(0.5).film(9))[0]
    assert frame.shape[0] > 3 * 2 * PIXELS
    assert paper_figures.render_film_strip(Painter()).shape[0] > 6 * 2 * PIXELS


def test_a_windows_border_is_no_hairline():
    for size in (84, 200, 500):
        picture = np.zeros((size, size, 3), np.uint8)
        window = [np.array([v]) for v in (size / 2, size / 2, size / 4, 0.0)]
        drawing.outline_window(picture, Window(*window, None), 0, K=3, scale=1)
        assert 2 <= (picture[size // 2] == drawing.VERMILION).all(axis=-1)[: size // 2].sum() <= 4


def luminance(colour):
    """Relative luminance as in WCAG 2: what a grey copy keeps of a colour."""
    linear = np.where(
        np.divide(colour, 255) > 0.04045,
        ((np.divide(colour, 255) + 0.055) / 1.055) ** 2.4,
        np.divide(colour, 255) / 12.92,
    )
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colour", [drawing.VERMILION, drawing.GREEN])
@pytest.mark.parametrize("ground", [(0, 0, 0), (255, 255, 255)])
def test_windows_stand_out_in_grey(colour, ground):
    assert contrast(colour, ground) > 3  # WCAG's least for graphics


def test_a_strip_names_its_steps_and_its_frames(texts):
    paper_figures.render_film_strip(Painter(), rows=1)
    assert {"step 1", "step 2", "step 3"} < set(texts)
    assert "1 images painted in 3 steps" in texts[-1] or "painted in 3 steps" in " ".join(texts)
    assert "Orange: the window" in " ".join(texts)
    texts.clear()
    paper_figures.render_film_strip(Painter(attention=False), rows=1)
    assert "Without attention" in " ".join(texts) and "Orange" not in " ".join(texts)


def test_a_film_counts_its_steps_and_all_frames_have_one_size(texts):
    frames = films.render_film(Painter().film(2))
    assert [line for line in texts if " of " in line] == [f"step {t} of 3" for t in (0, 1, 2, 3, 3)]
    assert len({frame.shape for frame in frames}) == 1 and "solid orange" in " ".join(texts)


def test_a_classification_names_the_class(texts):
    sheets.render_classification(scanpath(2), classes=["cat", "dog", "owl"], truth=["dog", "cat"])
    assert texts.count("predicted: dog") == 2 and texts.count("(70.0%)") == 2
    assert {"true: dog", "true: cat", "glimpse 1", "glimpse 3"} < set(texts)


def test_samples_say_what_was_searched(texts):
    training = np.zeros((1200, 1, PIXELS, PIXELS), np.uint8)
    nearest.render_samples(Painter(), training, source="images of x (not the training set, y)")
    assert "nearest of 1,200 images of x (not the training set, y)" in " ".join(texts)
    texts.clear()
    nearest.render_samples(Painter(), training)
    assert "nearest of 1,200 training images" in " ".join(texts)


def test_every_picture_of_a_run_has_words(texts, tmp_path):
    for picture in (Painter().film(2), scanpath(), Painter().sample(4)):
        texts.clear()
        saving.save_picture(tmp_path / "a", picture)
        assert texts


def test_other_figures_have_words(texts):
    paper_figures.render_filters(np.zeros((1, 28, 28)))
    assert "12 x 12 filters, 1.5 pixels apart" in texts
    texts.clear()
    paper_figures.render_zoom(np.zeros((1, 75, 100)))
    assert (
        "patch written back" in texts
        and "A window is read as a patch, and the patch is written back" in texts
    )


def test_words_cover_no_picture_and_no_words():
    """Pictures narrower than their headings: the table grows, and every pixel stays."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(1, 200, (2, 3, 9, 7, 3), np.uint8)
    pictures[..., 0] = 201  # red like no text
    words = ["a long heading", "glimpse 10", "x"]
    table = labels.arrange(pictures, words, ["a label of several lines, higher than its row", "b"])
    assert (table[..., 0] == 201).sum() >= 2 * 3 * 9 * 7
    widths = [labels.render_text(text, 7).shape[1] for text in words]
    assert table.shape[1] >= labels.LABEL_WIDTH + sum(widths) + 3 * labels.TABLE_GAP


def test_long_words_and_hostile_names_are_shortened(texts):
    page = labels.make_page(np.zeros((50, 300, 3), np.uint8), "\x1b[31m" + "x" * 100_000)
    assert page.shape[1] < 4000 and "\x1b" not in "".join(texts)


def test_captions_side_by_side_have_equal_heights():
    black = np.zeros((20, 80, 3), np.uint8)
    joined = labels.join_captioned([(black, "short"), (black, "a caption of three lines or so")])
    inked = (joined == 0).all(axis=-1)
    assert inked[-20:, :80].all() and inked[-20:, -80:].all()


def test_the_sheets_of_commands_have_titles(texts, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words, title in (
        ("sample --count 4", "4 images painted from noise: the probability of each pixel"),
        ("sample --count 4 --bernoulli", "noise: a Bernoulli sample of each pixel"),
        ("reconstruct --count 2", "2 validation images of digits, each with its reconstruction"),
    ):
        texts.clear()
        assert cli.main(words.split()) in (0, None)
        assert title in " ".join(texts)
