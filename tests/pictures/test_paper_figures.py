"""The paper's figures: known answers inside the pictures, and the files."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from minidraw import layers
from minidraw.errors import UserError
from minidraw.estimators.draw import Draw
from minidraw.models import draw
from minidraw.models.interface import Window
from minidraw.pictures import drawing, films, nearest, paper_figures, sheets

GREEN, VERMILION = [0x00, 0x9E, 0x73], [0xD5, 0x5E, 0x00]
LINE, GAP = 22, 6  # screen pixels of a line of text, and between a title and what is below it
TOP = paper_figures.MARGIN + LINE + GAP + LINE  # of the first picture below a title and a caption
T, B, A = 6, 11, 8


def untrained(attention=True):
    """A small network with random weights, of images 11 high and 8 wide."""
    sizes = {"glimpses": T, "hidden": 7, "latent": 3, "read_size": 2, "write_size": 3}
    sizes |= {"read_attention": attention, "write_attention": attention}
    network = Draw(**sizes)
    network.config_ = draw.Config(height=B, width=A, channels=1, **sizes)
    network.params_ = draw.init_params(network.config_, np.random.default_rng(0))
    return network


@pytest.fixture(scope="module")
def network():
    return untrained()


def images(n, C=1, height=B, width=A, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (n, C, height, width), np.uint8)


def window_at(center_x, center_y, stride, var):
    return Window(*(np.array([v], float) for v in (center_x, center_y, stride, var, 1)))


def has(picture, colour):
    return (picture == colour).all(axis=-1)


def box(mask):
    """First and last row, first and last column where a mask is true."""
    rows, columns = np.nonzero(mask)
    return rows.min(), rows.max(), columns.min(), columns.max()


def enlarged(image, scale):
    """An image (C, B, A) as a picture, written another way."""
    pixels = np.rint(255 * np.asarray(image, float)).astype(np.uint8).transpose(1, 2, 0)
    return np.kron(pixels * np.ones(3, np.uint8), np.ones((scale, scale, 1), np.uint8))


# Figure 6: the nearest training image.


def brute_force(found, training):
    """The training image with the least squared distance, one pair after the other."""
    training = training / 255 if training.dtype == np.uint8 else training
    least = [min(range(len(training)), key=lambda k: ((training[k] - x) ** 2).sum()) for x in found]
    return training[least]


@pytest.mark.parametrize("n", [1, 3, 4, 5, 8, 9])
@pytest.mark.parametrize("C", [1, 3])
def test_nearest_is_brute_force(monkeypatch, n, C):
    monkeypatch.setattr(nearest, "COMPARISON_CHUNK", 4)
    new = np.random.default_rng(0).random((20, C, B, A), np.float32)
    training = images(n, C)
    for stored in (training, (training / 255).astype(np.float32)):
        near = nearest.find_nearest(new, stored)
        assert near.dtype == np.float32 and near.shape == new.shape
        assert np.allclose(near, brute_force(new, stored), atol=1e-7)


def test_nearest_finds_each_image_on_either_side_of_a_chunks_border(monkeypatch):
    monkeypatch.setattr(nearest, "COMPARISON_CHUNK", 4)
    training = images(9)
    near = nearest.find_nearest(training / 255, training)
    assert np.allclose(near, training / 255, atol=1e-7)


def test_nearest_uses_distance_not_likeness():
    # The image times 1.2 has a larger product with it than the image itself.
    image = np.full((1, 1, 4, 5), 0.5)
    training = np.concatenate([image * 1.2, image * 1.04, image * 0.9])
    assert np.allclose(nearest.find_nearest(image, training), 0.52)


def test_nearest_takes_little_memory():
    training = images(10_000, height=28, width=28)
    new = training[:20] / np.float32(255)
    tracemalloc.start()
    nearest.find_nearest(new, training)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12e6, "all at once it would be 63 MB"


@pytest.mark.parametrize("training", [images(5, height=A, width=B), images(5, 3), images(0)])
def test_nearest_refuses_other_shapes(training):
    with pytest.raises(UserError, match="training images"):
        nearest.find_nearest(images(2), training)


def test_the_last_column_stands_beside_its_nearest(network):
    rows, columns = 4, 3
    samples = network.sample(rows * columns, seed=5)
    decoys = np.random.default_rng(0).random(samples.shape)
    planted = np.concatenate([decoys, samples[columns - 1 :: columns][::-1]])
    picture = nearest.render_samples(network, planted, rows=rows, columns=columns, seed=5)
    scale = drawing.MAX_SIDE // (rows * (B + 1))
    height, width = scale * (rows * (B + 1) - 1), scale * (columns * (A + 1) - 1)
    top = picture.shape[0] - paper_figures.MARGIN - height
    left = picture[top : top + height, paper_figures.MARGIN : paper_figures.MARGIN + width]
    assert (left == sheets.render_sheet(samples, columns=columns, scale=scale)).all()
    start = paper_figures.MARGIN + width + paper_figures.MARGIN
    assert (picture[top:, start - paper_figures.MARGIN : start] == 255).all()
    right = picture[top : top + height, start : start + scale * A]
    assert (right == left[:, -scale * A :]).all()


# Figures 1 and 7: films.


def test_film_strip_has_a_row_per_image_and_a_column_per_step(network):
    picture = paper_figures.render_film_strip(network, rows=4, steps=3, seed=2)
    film = network.film(4, seed=2)
    last = enlarged(layers.sigmoid(film.canvas[-1, 3]), scale := 1200 // (3 * (A + 2)))
    margin = max(1, films.find_margin(film, ["write"], [0, 2, 5], range(4)))
    bottom, right = np.array(picture.shape[:2]) - paper_figures.MARGIN
    # The image ends where only margin follows, of which the table keeps what is drawn on.
    for y, x in np.ndindex(margin * scale + 1, margin * scale + 1):
        shown = picture[bottom - y - scale * B : bottom - y, right - x - scale * A : right - x]
        bare = ~has(shown, VERMILION)
        if (shown == last)[bare].all() and not bare.all():
            break
    else:
        pytest.fail("the last canvas isn't in the lower right corner")
    assert (picture == paper_figures.render_film_strip(network, rows=4, steps=3, seed=2)).all()
    other = paper_figures.render_film_strip(network, rows=4, steps=3, seed=3)
    assert not np.array_equal(picture, other)


def test_film_strip_has_at_most_every_step(network):
    picture = paper_figures.render_film_strip(network, rows=2)
    assert 900 < picture.shape[1] < 1400


def test_film_strip_without_attention_has_no_window():
    assert not has(paper_figures.render_film_strip(untrained(False), rows=2), VERMILION).any()


# Figures 3 and 4: windows.

CLOSE = window_at(12.5, 6.25, 1.5, 0.6)


@pytest.mark.parametrize("C", [1, 3])
def test_reading_and_writing_back_are_the_layers_read_and_its_adjoint(C):
    K, image = 5, images(1, C, 17, 23)[0] / 255
    patch, back, F_y, F_x = paper_figures.read_and_write_back(image, CLOSE, K=K)
    banks = [
        layers.filterbank(center, CLOSE.stride, CLOSE.var, K=K, A=pixels)[0]
        for center, pixels in ((CLOSE.center_y, 17), (CLOSE.center_x, 23))
    ]
    glimpse, _ = layers.read(np.zeros((1, C, 17, 23)), *banks, np.ones(1), x=image[None])
    assert patch.shape == (C, K, K) and (patch == glimpse[0, :C]).all()
    assert (F_y == banks[0][0]).all() and (F_x == banks[1][0]).all()
    other = np.random.default_rng(3).random(image.shape)
    read = paper_figures.read_and_write_back(other, CLOSE, K=K)[0]
    assert (read * patch).sum() == pytest.approx((other * back).sum(), rel=1e-12)


def test_reading_by_hand():
    """Entry (1, 4) of the patch: a Gaussian around its filter's centre, pixel by pixel."""
    image, K = images(1, 1, 17, 23)[0] / 255, 5
    weights = np.zeros((17, 23))
    for y in range(17):
        for x in range(23):
            distance = (y - (6.25 - 1 * 1.5)) ** 2 + (x - (12.5 + 2 * 1.5)) ** 2
            weights[y, x] = np.exp(-distance / (2 * 0.6))
    expected = (weights * image[0]).sum() / weights.sum()
    assert paper_figures.read_and_write_back(image, CLOSE, K=K)[0][0, 1, 4] == pytest.approx(
        expected, rel=1e-12
    )


def zoomed(picture, height, width, K=12):
    """The panels of figure 4 above, cut out: image, patch, patch written back; and the scale."""
    scale = max(1, 900 // (3 * width))
    sides = [(height * scale, width * scale), (height * scale // K * K,) * 2]
    panels, left, top = [], paper_figures.MARGIN, TOP
    for h, w in (*sides, sides[0]):
        panels.append(picture[top : top + h, left : left + w])
        left += w + paper_figures.MARGIN
    return panels, scale


def test_zoom_shows_what_layers_read_and_write():
    image, window = images(1, 1, 75, 100)[0], window_at(40, 20, 2, 0.8)
    (framed, patch, back), scale = zoomed(paper_figures.render_zoom(image, window), 75, 100)
    read, wrote, *_ = paper_figures.read_and_write_back(image / 255, window, K=12)
    assert (patch == enlarged(read, 225 // 12)).all()
    assert (back == enlarged((wrote * 4).clip(0, 1), scale)).all()
    bare = ~has(framed, GREEN)
    assert (framed == enlarged(image / 255, scale))[bare].all()
    # 11 strides of 2 pixels around (40, 20), to the middle of pixels
    expected = [scale * (v + 0.5) for v in (20 - 11, 20 + 11, 40 - 11, 40 + 11)]
    assert np.abs(np.subtract(box(~bare), expected)).max() <= 2


def test_zoom_writes_back_with_the_brightness_it_read():
    image = np.full((1, 75, 100), 0.5)
    (_, patch, back), scale = zoomed(paper_figures.render_zoom(image), 75, 100)
    assert np.abs(patch.astype(int) - 128).max() <= 1
    y, x = round(scale * 56.1), round(scale * 79.8)  # in the middle of the window
    inner = back[y - 20 : y + 20, x - 20 : x + 20].astype(int)
    assert np.abs(inner - 128).max() <= 8  # sigma is 0.48 strides: a ripple of 4 %
    assert back[:60].max() == 0


def test_zoom_shows_the_first_and_the_last_filter():
    picture, scale = (
        paper_figures.render_zoom(images(1, 1, 75, 100)[0], window_at(40, 20, 2, 0.8)),
        3,
    )
    top, left = TOP + 75 * scale + paper_figures.MARGIN + LINE, paper_figures.MARGIN
    for offset in (-11, 11):  # 5.5 strides of 2 pixels, before the middle and behind it
        panel = picture[top : top + 75 * scale, left : left + 100 * scale, 0]
        lit = np.unravel_index(panel[scale // 2 :: scale, scale // 2 :: scale].argmax(), (75, 100))
        assert panel.max() == 255 and lit == (20 + offset, 40 + offset)
        left += 100 * scale + paper_figures.MARGIN


@pytest.mark.parametrize("height, width", [(75, 100), (100, 75), (60, 60), (28, 28)])
def test_zoom_takes_its_window_inside_the_image(height, width):
    picture = paper_figures.render_zoom(np.zeros((1, height, width)))
    (framed, *_), scale = zoomed(picture, height, width)
    top, bottom, left, right = box(has(framed, GREEN))
    assert 0 < top and bottom < scale * height - 1
    assert 0 < left and right < scale * width - 1
    reach = scale * 0.27 * (max(height, width) - 1)
    assert abs(bottom - top - reach) < 2 * scale and abs(right - left - reach) < 2 * scale
    assert has(framed, GREEN).sum() == has(picture, GREEN).sum()


def test_scene_lays_images_out_on_a_canvas():
    canvas = paper_figures.compose_scene(images(5, 3, 20, 14))
    assert canvas.shape == (3, 75, 100) and 0 <= canvas.min() and canvas.max() == 1
    places = [(3, 9), (7, 82), (28, 41), (52, 3), (50, 79)]  # PLACES x (55, 86)
    for image, (top, left) in zip(images(5, 3, 20, 14), places, strict=True):
        assert np.allclose(canvas[:, top : top + 20, left : left + 14], image / 255)
    assert canvas.sum() == pytest.approx(images(5, 3, 20, 14).sum() / 255, rel=1e-5)


def test_scene_adds_and_clips_where_images_overlap():
    canvas = paper_figures.compose_scene(np.full((5, 1, 60, 120), 0.4))
    assert canvas.shape == (1, 75, 120)
    assert set(np.unique(canvas.round(3))) == {np.float32(v) for v in (0, 0.4, 0.8, 1)}


def test_the_default_window_frames_the_last_digit_of_the_scene():
    digits = np.zeros((5, 1, 28, 28))
    digits[-1, :, 3:-3, 3:-3] = 1
    (framed, *_), scale = zoomed(
        paper_figures.render_zoom(paper_figures.compose_scene(digits)), 75, 100
    )
    lit, frame = box(has(framed, [255] * 3)), box(has(framed, GREEN))
    assert all(frame[k] < lit[k] for k in (0, 2)) and all(frame[k] > lit[k] for k in (1, 3))
    distances = np.abs(np.subtract(lit, frame))
    assert distances.max() - distances.min() <= 2 * scale


def test_filters_has_a_dot_at_every_centre():
    K = 4
    picture = paper_figures.render_filters(np.zeros((1, 28, 28)), K=K)
    side = (picture.shape[0] - TOP - paper_figures.MARGIN) // 28 * 28
    grid = picture[TOP:, paper_figures.MARGIN :][:side, :side]
    scale, stride = side // 28, 0.6 * 27 / 3
    centers = [(13.5 + (k - 1.5) * stride + 0.5) * scale for k in range(K)]
    dots = has(grid, GREEN)
    for y in centers:
        for x in centers:
            assert dots[round(y) - 3 : round(y) + 3, round(x) - 3 : round(x) + 3].all()
    assert not dots[:, round((centers[1] + centers[2]) / 2)][round(centers[1])]
    assert not dots[round((centers[1] + centers[2]) / 2), round(centers[1])]
    outside = np.array(box(dots)) - [centers[0], centers[-1]] * 2
    assert np.abs(outside).max() <= stride * scale / 6 + 1


def test_filters_shows_three_windows_and_their_patches():
    image, K, scale = images(1, 1, 28, 28)[0], 12, 6
    picture = paper_figures.render_filters(image)
    edge = 27 / 11  # stride of the grid from edge to edge, in pixels
    settings = [(0.35 * edge, 0.55 * edge), (edge, 0.15 * edge), (edge, 0.7 * edge)]
    top, borders = TOP, []
    right = picture.shape[1] - paper_figures.MARGIN - 168
    for stride, sigma in settings:
        patch, *_ = paper_figures.read_and_write_back(
            image / 255, window_at(13.5, 13.5, stride, sigma**2), K=K
        )
        assert (picture[top : top + 168, right : right + 168] == enlarged(patch, 14)).all()
        framed = picture[
            top : top + 168, right - paper_figures.MARGIN - 168 : right - paper_figures.MARGIN
        ]
        borders.append(has(framed, GREEN)[84, :84].sum())
        middle = (13.5 + 0.5 - 5.5 * stride) * scale
        assert abs(np.nonzero(has(framed, GREEN)[84])[0][0] - middle) <= 3
        top += 168 + paper_figures.MARGIN + LINE
    assert borders[1] < borders[0] and borders[1] < borders[2]


@pytest.mark.parametrize("C, height, width", [(1, 12, 40), (3, 40, 12), (1, 300, 200)])
@pytest.mark.parametrize("K", [2, 12])
def test_images_of_any_size(C, height, width, K):
    image = images(1, C, height, width)[0]
    with np.errstate(all="raise", under="ignore"):
        for picture in (
            paper_figures.render_filters(image, K=K),
            paper_figures.render_zoom(image, K=K),
        ):
            assert picture.dtype == np.uint8 and picture.shape[2] == 3
            assert has(picture, GREEN).any()


@pytest.mark.parametrize("function", [paper_figures.render_filters, paper_figures.render_zoom])
def test_one_filter_is_no_window(function):
    with pytest.raises(ValueError, match="at least 2 filters"):
        function(np.zeros((1, 28, 28)), K=1)


# All of them.


def test_save_figures_writes_png_files(network, tmp_path):
    folder = tmp_path / "new" / "figures"
    training = images(30)
    paths = paper_figures.save_figures(
        folder, network, training, without_attention=untrained(False)
    )
    assert [path.name for path in paths] == [f"figure-{k}.png" for k in (1, 3, 4, 6, 7)]
    assert sorted(folder.iterdir()) == paths
    shown = {}
    for path in paths:
        assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
        with Image.open(path) as image:
            shown[path.name] = np.asarray(image)
            assert image.mode == "RGB" and 500 < image.width < 1500
    assert (shown["figure-1.png"] == paper_figures.render_film_strip(network)).all()
    assert (shown["figure-6.png"] == nearest.render_samples(network, training)).all()
    assert has(shown["figure-1.png"], VERMILION).any()
    assert not has(shown["figure-7.png"], VERMILION).any()


@pytest.mark.parametrize("plain, training", [(True, images(30)), (False, images(30, 3))])
def test_save_figures_refuses_before_it_writes(network, tmp_path, plain, training):
    with pytest.raises(UserError, match="figure 7" if plain else "training images"):
        paper_figures.save_figures(
            tmp_path / "new", network, training, without_attention=untrained(plain)
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name, numbers", [("two-digits", [8]), ("svhn-no-extra", [10, 9]), ("cifar10", [12])]
)
def test_save_figures_numbers_other_sets_as_the_paper_does(network, tmp_path, name, numbers):
    training, films = images(30), (8, 10)
    paths = paper_figures.save_figures(tmp_path, network, training, name=name)
    assert [path.name for path in paths] == [f"figure-{k}.png" for k in numbers]
    for number, path in zip(numbers, paths, strict=True):
        with Image.open(path) as image:
            shown = np.asarray(image)
        samples = nearest.render_samples(network, training)
        assert (
            shown == (paper_figures.render_film_strip(network) if number in films else samples)
        ).all()


def test_import_loads_no_drawing_library():
    module = "minidraw.pictures.paper_figures"
    code = f"import sys, {module}; print({{'PIL', 'matplotlib'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
