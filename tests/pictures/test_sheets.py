import os
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from minidraw.errors import UserError
from minidraw.models.interface import Scanpath
from minidraw.pictures import films, saving, sheets

VERMILION, GREEN = [0xD5, 0x5E, 0x00], [0x00, 0x9E, 0x73]


class Window(NamedTuple):
    center_x: np.ndarray
    center_y: np.ndarray
    stride: np.ndarray
    var: np.ndarray
    gamma: np.ndarray


class Film(NamedTuple):
    canvas: np.ndarray
    read_window: Window | None
    write_window: Window | None
    read_size: int
    write_size: int


def still(center_x, center_y, stride, var=0.01, *, T=3, n=1):
    """The same window at every step and for every image."""
    return Window(
        *(np.full((T, n), value, float) for value in (center_x, center_y, stride, var, 1))
    )


def film_of(write=None, read=None, *, T=3, n=1, C=1, B=20, A=30):
    """Canvases of random logits; write windows have 5 filters per axis, read windows 3."""
    canvas = np.random.default_rng(7).normal(0, 2, (T + 1, n, C, B, A))
    return Film(canvas, read, write, 3, 5)


def has(picture, colour):
    return (picture == colour).all(axis=-1)


def load(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def mean_pixels(canvas, scale):
    """sigmoid(canvas), shape (C, B, A), as a picture, written another way."""
    pixels = np.rint(255 / (1 + np.exp(-canvas))).astype(np.uint8).transpose(1, 2, 0)
    return np.kron(pixels * np.ones(3, np.uint8), np.ones((scale, scale, 1), np.uint8))


def test_sheet_puts_image_k_at_its_row_and_column():
    levels = np.arange(6) / 5
    images = np.broadcast_to(levels[:, None, None, None], (6, 1, 3, 5))
    picture = sheets.render_sheet(images, columns=4, scale=2, gap=1, background=(1, 2, 3))
    assert picture.shape == (2 * 7, 2 * 23, 3) and picture.dtype == np.uint8
    for k, level in enumerate(levels):
        top, left = 2 * (k // 4) * 4, 2 * (k % 4) * 6
        assert (picture[top : top + 6, left : left + 10] == round(255 * level)).all()
    assert (picture[6:8] == [1, 2, 3]).all()
    assert (picture[:, 10:12] == [1, 2, 3]).all()
    assert (picture[8:, 24:] == [1, 2, 3]).all()  # two places are empty


def test_sheet_keeps_colours_and_orientation():
    images = np.zeros((1, 3, 2, 3))
    images[0, :, 0, 2] = 1.0, 0.5, 0.0  # top right
    picture = sheets.render_sheet(images, scale=1)
    assert picture[0, 2].tolist() == [255, 128, 0]
    assert picture.sum() == 383


@pytest.mark.parametrize("n, C, B, A", [(100, 1, 28, 28), (7, 3, 54, 20), (1, 1, 100, 100)])
def test_sheet_is_large_and_nearly_square_by_default(n, C, B, A):
    height, width, _ = sheets.render_sheet(np.zeros((n, C, B, A))).shape
    assert 600 <= max(height, width) <= 900
    assert 0.6 <= height / width <= 1.7


def test_sheet_never_shrinks():
    assert sheets.render_sheet(np.zeros((1, 1, 30, 1200))).shape == (30, 1200, 3)


def test_pairs_stand_side_by_side():
    originals, copies = np.full((3, 1, 4, 5), 0.2), np.full((3, 1, 4, 5), 0.6)
    picture = sheets.render_pairs(originals, copies, columns=2, scale=1)
    assert picture.shape == (4 + 4 + 4, 11 + 4 + 11, 3)
    assert (picture[:4, :5] == 51).all() and (picture[:4, 6:11] == 153).all()
    assert (picture[8:, :5] == 51).all() and (picture[8:, 6:11] == 153).all()


def test_write_window_is_where_its_outer_filters_are():
    # Five filters 2 apart: 4 to either side of (18, 9), so columns 14 to 22 and rows 5 to 13.
    frame = films.render_frames(film_of(still(18, 9, 2)), scale=10)[1]
    rows, columns = np.nonzero(has(frame, VERMILION))
    assert frame.shape == (200, 300, 3)
    assert abs(rows.min() - 55) <= 2 and abs(rows.max() - 135) <= 2
    assert abs(columns.min() - 145) <= 2 and abs(columns.max() - 225) <= 2
    assert frame[95, 145].tolist() == VERMILION and frame[55, 185].tolist() == VERMILION
    assert frame[95, 185].tolist() != VERMILION  # the middle stays free


def test_border_grows_with_sigma():
    var = [0.04, 1.0, 4.0, 25.0]
    widths = []
    for value in var:
        frame = films.render_frames(film_of(still(15, 10, 4, value)), scale=20)[1]
        widths.append(has(frame, VERMILION)[210, :300].sum())
    assert widths == sorted(set(widths))


def test_widest_border_leaves_the_picture_visible():
    frame = films.render_frames(film_of(still(15, 10, 4, 1e5)), scale=20)[1]
    assert has(frame, VERMILION).mean() < 0.25


def test_read_window_is_dashed_and_green_and_can_be_hidden():
    film = film_of(still(18, 9, 2), still(8, 10, 3))
    frame = films.render_frames(film, scale=10)[2]
    rows, columns = np.nonzero(has(frame, GREEN))
    assert (rows.min() + rows.max() + 1) / 2 == 105 and (
        columns.min() + columns.max() + 1
    ) / 2 == 85
    edge = has(frame, GREEN)[75:136, columns.min()]
    assert 0.3 < edge.mean() < 0.7 and edge[0] and edge[-1]
    assert not has(films.render_frames(film, scale=10, show_read=False)[2], GREEN).any()


def test_frames_show_the_window_that_drew_them():
    write = still(15, 10, 1)
    write.center_x[:, 0] = 5, 15, 25
    frames = films.render_frames(film_of(write), scale=10)
    assert len(frames) == 5
    middles = [np.nonzero(has(frame, VERMILION))[1].mean() for frame in frames[1:3]]
    assert np.allclose(middles, [55, 155], atol=1)


@pytest.mark.parametrize("C", [1, 3])
def test_first_and_last_frame_are_the_bare_canvas(C):
    film = film_of(still(15, 10, 2), still(8, 10, 3), C=C)
    frames = films.render_frames(film, scale=3)
    for frame, canvas in ((frames[0], film.canvas[0]), (frames[-1], film.canvas[-1])):
        assert (frame == mean_pixels(canvas[0], 3)).all()


def test_film_without_attention_has_no_windows():
    film = film_of()
    frames = films.render_frames(film, scale=1)
    for t, canvas in enumerate(film.canvas):
        assert (frames[t] == mean_pixels(canvas[0], 1)).all()


def test_films_in_a_grid_keep_their_own_windows():
    write = still(12, 10, 2, n=4)
    write.center_x[:, 1], write.center_y[:, 3] = 1e4, 7
    film = film_of(write, n=4, B=20, A=20)
    frame = films.render_frames(film, index=[3, 1, 0], scale=5)[1]
    assert frame.shape == (205, 205, 3)
    places = {(0, 0): 3, (0, 105): 1, (105, 0): 0}
    for (top, left), i in places.items():
        alone = films.render_frames(film, index=i, scale=5)[1]
        assert (frame[top : top + 100, left : left + 100] == alone).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "place", [(1e4, -1e4, 1), (-1e4, 3, 1e4), (15, 10, 1e4, 1e4), (15, 10, 0, 0), (-1, 20, 2, 3)]
)
def test_windows_anywhere_raise_nothing(place, dtype):
    window = Window(*(field.astype(dtype) for field in still(*place)))
    film = film_of(window, window)
    with np.errstate(all="raise"):
        height, width, _ = films.render_frames(film)[1].shape
        assert 400 < max(height, width) <= 600
        films.render_strip(film)


def test_huge_logits_are_black_and_white():
    film = film_of()
    film.canvas[-1] = np.where(film.canvas[-1] > 0, 1e4, -1e4)
    assert set(np.unique(films.render_frames(film)[-1])) == {0, 255}


def test_strip_has_a_row_per_image_and_ends_with_the_last_canvas():
    film = film_of(T=9, n=3)
    picture = films.render_strip(film, index=[2, 0], steps=3, scale=1)
    assert picture.shape == (20 + 1 + 20, 3 * 31 - 1, 3)
    for row, i in enumerate([2, 0]):
        for column, t in enumerate([1, 5, 9]):
            part = picture[21 * row : 21 * row + 20, 31 * column : 31 * column + 30]
            assert (part == mean_pixels(film.canvas[t, i], 1)).all()
    only = films.render_strip(film, steps=1, scale=1)
    assert (only == mean_pixels(film.canvas[9, 0], 1)).all()
    assert films.render_strip(film, steps=100, scale=1).shape == (20, 9 * 31 - 1, 3)


def test_strip_shows_write_windows_only():
    picture = films.render_strip(film_of(still(15, 10, 2), still(8, 10, 3)))
    assert has(picture, VERMILION).any() and not has(picture, GREEN).any()


def test_png_is_read_back_unchanged(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (7, 9, 3), np.uint8)
    saving.save_png(tmp_path / "a.png", picture)
    assert (load(tmp_path / "a.png") == picture).all()
    assert os.listdir(tmp_path) == ["a.png"]


@pytest.mark.parametrize("C", [1, 3])
def test_gif_has_every_frame_its_times_and_its_colours(tmp_path, C):
    frames = films.render_frames(
        film_of(still(15, 10, 2, T=6), still(8, 10, 3, T=6), T=6, C=C), scale=6
    )
    saving.save_gif(tmp_path / "film.gif", frames, fps=20, hold=2.5)
    with Image.open(tmp_path / "film.gif") as gif:
        assert gif.n_frames == len(frames) == 8
        assert gif.info["loop"] == 0
        for k, frame in enumerate(frames):
            gif.seek(k)
            assert gif.info["duration"] == (2500 if k == 7 else 50)
            shown = np.asarray(gif.convert("RGB"))
            for colour in (VERMILION, GREEN):
                assert (shown[has(frame, colour)] == colour).all()
            assert np.abs(shown.astype(int) - frame).mean() < {1: 3, 3: 15}[C]  # of 255


def test_gif_keeps_a_thin_window_among_many_colours(tmp_path):
    frame = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    frame[:, 1], frame[:, 3] = VERMILION, GREEN
    saving.save_gif(tmp_path / "film.gif", [frame])
    shown = load(tmp_path / "film.gif")
    assert (shown[:, 1] == VERMILION).all() and (shown[:, 3] == GREEN).all()


def test_gif_of_equal_frames_lasts_as_long(tmp_path):
    saving.save_gif(tmp_path / "film.gif", [np.zeros((8, 8, 3), np.uint8)] * 3, fps=10, hold=1)
    with Image.open(tmp_path / "film.gif") as gif:
        assert gif.info["duration"] == 1200


def scanpath_of(window, *, T=2, n=3, C=1, B=20, A=30, K=4):
    """Faint images and glimpses, so that only borders are coloured."""
    rng = np.random.default_rng(3)
    images, patches = 0.2 * rng.random((n, C, B, A)), 7 * rng.random((T, n, C, K, K))
    return Scanpath(images, window, patches, np.full((n, 10), 0.1), K)


@pytest.mark.parametrize("C", [1, 3])
def test_glimpses_stand_below_the_images_that_they_are_of(C):
    """As in figure 5; the glimpse is enlarged to the image's size, its brightest entry white."""
    scanpath = scanpath_of(still(14, 9, 2, T=2, n=3), C=C)
    picture = sheets.render_scanpath(scanpath, scale=4)
    assert picture.shape == (6 * 84 - 4, 2 * 124 - 4, 3) and picture.dtype == np.uint8
    for i, t in np.ndindex(3, 2):
        top, left = 2 * 84 * i, 124 * t
        frame, below = (picture[y : y + 80, left : left + 120] for y in (top, top + 84))
        image = np.rint(255 * scanpath.images[i]).astype(np.uint8).transpose(1, 2, 0)
        plain = np.kron(image * np.ones(3, np.uint8), np.ones((4, 4, 1), np.uint8))
        assert (frame[~has(frame, GREEN)] == plain[~has(frame, GREEN)]).all()
        patch = scanpath.glimpses[t, i] / scanpath.glimpses[t, i].max()
        levels = np.rint(255 * patch).astype(np.uint8).transpose(1, 2, 0) * np.ones(3, np.uint8)
        assert below.max() == 255
        square = below[:, 20:100]  # an entry is as wide as it is high, also beside a wide image
        np.testing.assert_array_equal(square, np.kron(levels, np.ones((20, 20, 1), np.uint8)))


def test_windows_of_glimpses_are_green_whole_and_wide_where_sigma_is_large():
    # Four filters 4 apart: 6 to either side of (14, 9), so columns 8 to 20 and rows 3 to 15.
    window, widths = still(14, 9, 4, T=2, n=3), []
    window.var[:, 1], window.var[1, 2] = 4, 16
    picture = sheets.render_scanpath(scanpath_of(window), scale=10)
    for i, t in np.ndindex(3, 2):
        frame = has(picture[2 * 210 * i :, 310 * t :][:200, :300], GREEN)
        assert not has(picture, VERMILION).any()
        left = np.flatnonzero(frame[95, :150])  # the row through the middle
        assert abs(left.mean() - 84.5) < 1
        widths.append(len(left))
        rows, columns = np.nonzero(frame)
        middle = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
        assert np.abs(np.array(middle) - [94.5, 144.5]).max() < 1
        across = frame[int(95 - 60)]  # the upper edge is not dashed
        assert across[85:205].all()
    assert widths[0] == widths[1] < widths[2] == widths[3] < widths[5] and widths[4] == widths[0]


def test_some_images_only_and_black_ones():
    scanpath = scanpath_of(still(14, 9, 2, T=2, n=3))
    whole, one = (
        sheets.render_scanpath(scanpath, scale=3),
        sheets.render_scanpath(scanpath, index=1, scale=3),
    )
    np.testing.assert_array_equal(one, whole[2 * 63 :][: 2 * 63 - 3])
    both = sheets.render_scanpath(scanpath, index=[2, 0], scale=3)
    np.testing.assert_array_equal(both[: 2 * 63 - 3], whole[4 * 63 :])
    black = scanpath._replace(images=0 * scanpath.images, glimpses=0 * scanpath.glimpses)
    assert set(np.unique(sheets.render_scanpath(black))) <= {0, 115, 128, 158, 255}


@pytest.mark.parametrize("T, width", [(4, 808), (8, 1614), (1, 800)])
def test_glimpses_are_never_so_small_that_borders_look_alike(T, width):
    scanpath = scanpath_of(still(50, 50, 9, T=T, n=1), T=T, n=1, B=100, A=100, K=12)
    assert abs(sheets.render_scanpath(scanpath).shape[1] - width) < 10


def test_save_finds_the_fitting_kind_of_file(tmp_path):
    film = film_of(still(14, 9, 2))
    images = np.random.default_rng(0).random((4, 1, 6, 5))
    assert saving.save_picture(tmp_path / "a", film) == tmp_path / "a.gif"
    assert saving.save_picture(tmp_path / "b", images) == tmp_path / "b.png"
    scanpath = scanpath_of(still(14, 9, 2, n=3))
    assert saving.save_picture(tmp_path / "c", scanpath) == tmp_path / "c.png"
    sheet = sheets.render_sheet(images)
    page = load(tmp_path / "b.png")[-14 - len(sheet) : -14, 14 : 14 + sheet.shape[1]]
    np.testing.assert_array_equal(page, sheet)  # below a title
    shown = sheets.render_classification(scanpath)
    np.testing.assert_array_equal(load(tmp_path / "c.png"), shown)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 5


@pytest.mark.parametrize("moment", ["write", "move"])
@pytest.mark.parametrize(
    "save",
    [
        lambda path: saving.save_png(path, np.zeros((4, 4, 3), np.uint8)),
        lambda path: saving.save_gif(path, [np.zeros((4, 4, 3), np.uint8)]),
    ],
    ids=["png", "gif"],
)
def test_an_error_while_saving_leaves_the_former_file(tmp_path, monkeypatch, save, moment):
    path = tmp_path / "picture"
    path.write_bytes(b"former")

    def fail(*args):
        raise OSError("no space left on device")

    def fail_half_way(image, target, *args, **kwargs):
        target.write(b"half")
        fail(target)

    if moment == "move":
        monkeypatch.setattr(os, "replace", fail)
    else:
        monkeypatch.setattr(Image.Image, "save", fail_half_way)
    with pytest.raises(UserError, match="no space"):
        save(path)
    assert path.read_bytes() == b"former"
    assert os.listdir(tmp_path) == ["picture"]


def test_import_needs_numpy_only():
    heavy = "{'PIL', 'matplotlib', 'scipy'}"
    code = f"import sys, minidraw.pictures.sheets; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
