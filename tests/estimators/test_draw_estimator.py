"""DRAW with scikit-learn's methods."""

import inspect

import numpy as np
import pytest

import minidraw
from minidraw.errors import UserError
from minidraw.estimators.base import IMAGES_PER_CHUNK
from minidraw.estimators.draw import Draw
from minidraw.presets import PRESETS

TINY = {"glimpses": 2, "hidden": 8, "latent": 3, "read_size": 2, "write_size": 3, "threads": 2}
IMAGES = np.random.default_rng(0).integers(0, 256, (120, 7, 6), np.uint8)
NEW = np.random.default_rng(1).random((9, 1, 7, 6), np.float32)


@pytest.fixture(scope="module")
def fitted():
    return Draw(**TINY, batch=20, seed=3).fit(IMAGES, epochs=2, verbose=False)


def message(function, *arguments, **settings):
    with pytest.raises(UserError) as caught:
        function(*arguments, **settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_it_is_found_at_the_top():
    assert minidraw.Draw is Draw
    with pytest.raises(AttributeError):
        minidraw.Drow  # noqa: B018


def test_parameters_are_stored_as_given():
    odd = {name: object() for name in inspect.signature(Draw).parameters}
    made = Draw(**odd)
    assert made.get_params() == odd
    assert all(getattr(made, name) is value for name, value in odd.items())
    assert not [name for name in vars(made) if name.endswith("_")]
    assert Draw(**Draw(**TINY).get_params()).get_params() == Draw(**TINY).get_params()


def test_nothing_works_before_fit(tmp_path):
    calls = [
        lambda draw: draw.sample(1),
        lambda draw: draw.film(1),
        lambda draw: draw.film(images=NEW),
        lambda draw: draw.reconstruct(NEW),
        lambda draw: draw.score(NEW),
        lambda draw: draw.save(tmp_path / "x.npz"),
    ]
    for call in calls:
        assert "not trained yet: call fit" in message(call, Draw())
        with pytest.raises(AttributeError):  # as scikit-learn's NotFittedError is one too
            call(Draw())
    assert not list(tmp_path.iterdir())


def test_fit_returns_itself_and_leaves_parameters_alone(fitted):
    assert fitted.get_params() == Draw(**TINY, batch=20, seed=3).get_params()
    attributes = {name for name in vars(fitted) if name.endswith("_")}
    assert attributes == {"config_", "params_", "bound_", "meta_"}
    assert fitted.config_.image_shape == (1, 7, 6) and fitted.bound_.images == 12
    assert all(value.dtype == np.float32 for value in fitted.params_.values())


def test_fit_twice_gives_the_same_bits(fitted):
    again = Draw(**TINY, batch=20, seed=3).fit(IMAGES, epochs=2, verbose=False)
    assert all((again.params_[name] == fitted.params_[name]).all() for name in fitted.params_)
    other = Draw(**TINY, batch=20, seed=4).fit(IMAGES, epochs=2, verbose=False)
    assert any((other.params_[name] != fitted.params_[name]).any() for name in fitted.params_)


def test_fit_in_minutes():
    made = Draw(**TINY, batch=20).fit(IMAGES, minutes=0.001, verbose=False)
    assert made.meta_["step"] >= 1 and np.isfinite(made.bound_.total)


@pytest.mark.parametrize(
    "images", [IMAGES, IMAGES / 255, IMAGES[:, None], np.stack([IMAGES] * 3, -1)], ids=range(4)
)
def test_shapes_of_images(images):
    made = Draw(**TINY, batch=20).fit(images, epochs=0.2, verbose=False)
    channels = 3 if images.ndim == 4 and images.shape[-1] == 3 else 1
    assert made.config_.image_shape == (channels, 7, 6)
    assert np.isfinite(made.score(images[:20]))


def test_sample(fitted):
    images = fitted.sample(5, seed=0)
    assert images.shape == (5, 1, 7, 6) and ((images > 0) & (images < 1)).all()
    assert (images == fitted.sample(5)).all()
    assert (images != fitted.sample(5, seed=1)).any()
    binary = fitted.sample(200, bernoulli=True)
    assert binary.shape == (200, 1, 7, 6) and set(np.unique(binary)) == {0, 1}
    assert abs(binary.mean() - fitted.sample(200).mean()) < 0.03  # 8,400 pixels: 5 deviations
    assert fitted.sample(IMAGES_PER_CHUNK + 1).shape[0] == IMAGES_PER_CHUNK + 1
    for n, seed in ((0, 0), (-1, 0), (1, -1)):
        assert "at least" in message(fitted.sample, n, seed=seed)


@pytest.mark.parametrize("settings", [{}, {"bernoulli": True}, {"seed": 7}], ids=str)
@pytest.mark.parametrize("n", [1, 2, 64, 99, 100, 101, 150, 200])
def test_a_sample_is_the_beginning_of_a_larger_one(fitted, n, settings):
    np.testing.assert_allclose(
        fitted.sample(n, **settings), fitted.sample(230, **settings)[:n], rtol=1e-5
    )


@pytest.mark.parametrize("n", [1, 9, 100, 130])
def test_a_film_is_the_beginning_of_a_larger_one(fitted, n):
    film, larger = fitted.film(n), fitted.film(150)
    np.testing.assert_allclose(film.canvas, larger.canvas[:, :n], rtol=1e-5)
    np.testing.assert_allclose(1 / (1 + np.exp(-film.canvas[-1])), fitted.sample(n), rtol=1e-5)
    images = np.random.default_rng(2).random((150, 7, 6), np.float32)
    redrawn = fitted.reconstruct(images)
    np.testing.assert_allclose(fitted.reconstruct(images[:n]), redrawn[:n], rtol=1e-5)
    canvas = fitted.film(images=images[:n]).canvas[-1]
    np.testing.assert_allclose(1 / (1 + np.exp(-canvas)), redrawn[:n], rtol=1e-5)


def test_black_and_white_samples_are_drawn_from_the_probability_images(fitted):
    binary = np.stack([fitted.sample(3, seed=s, bernoulli=True) for s in range(400)])
    means = np.stack([fitted.sample(3, seed=s) for s in range(400)])
    deviations = (binary - means).sum(axis=0) / np.sqrt((means * (1 - means)).sum(axis=0))
    assert np.abs(deviations).max() < 4.5 and 0.9 < deviations.std() < 1.1


def test_film_and_reconstruct(fitted):
    film = fitted.film(4)
    assert film.canvas.shape == (3, 4, 1, 7, 6) and film.read_window is None
    film = fitted.film(images=NEW, seed=2)
    assert film.canvas.shape == (3, 9, 1, 7, 6) and film.read_window.var.shape == (2, 9)
    means = 1 / (1 + np.exp(-film.canvas[-1]))
    redrawn = fitted.reconstruct(NEW, seed=2)
    np.testing.assert_allclose(redrawn, means, rtol=1e-5)
    assert (redrawn != fitted.reconstruct(NEW, seed=3)).any()
    np.testing.assert_allclose(fitted.reconstruct(NEW[:, 0]), fitted.reconstruct(NEW))


def test_score_is_a_lower_bound_that_is_higher_for_likelier_images(fitted):
    held = IMAGES[:50]
    assert fitted.score(held) == fitted.score(held) < 0
    assert fitted.score(held) == pytest.approx(-fitted.bound_.total, rel=0.1)
    longer = Draw(**TINY, batch=20, rate=0.02)
    grey = np.full((60, 7, 6), 0.1)
    longer.fit(grey, epochs=40, verbose=False)
    assert longer.score(grey) > longer.score(1 - grey) + 10


def test_levels_are_scored_as_they_were_learned():
    made = Draw(**TINY, batch=20, binarize="never").fit(IMAGES, epochs=1, verbose=False)
    assert made._binarizes is False and "levels" in made.meta_["protocol"]


def test_save_and_load(fitted, tmp_path):
    path = tmp_path / "network.npz"
    fitted.save(path)
    with np.load(path, allow_pickle=False) as archive:
        assert len(archive.files) == len(fitted.params_) + 1
    loaded = Draw.load(path)
    assert (loaded.sample(5, seed=7) == fitted.sample(5, seed=7)).all()
    assert loaded.score(NEW) == fitted.score(NEW)
    assert loaded.config_ == fitted.config_ and loaded.glimpses == 2
    loaded.save(tmp_path / "again.npz")
    assert (Draw.load(tmp_path / "again.npz").sample(3) == fitted.sample(3)).all()
    assert "no such file" in message(Draw.load, tmp_path / "missing.npz")
    assert "can't write" in message(fitted.save, path / "below.npz")
    assert (Draw.load(path).sample(3) == fitted.sample(3)).all()


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"glimpses": 0}, "glimpses"),
        ({"hidden": 8.0}, "hidden"),
        ({"hidden": "8"}, "hidden"),
        ({"hidden": 10**9}, "weights"),
        ({"read_size": 1}, "read_size"),
        ({"read_attention": "no"}, "read_attention"),
        ({"batch": 0}, "batch"),
        ({"batch": 109}, "108 training images"),
        ({"rate": -1}, "rate"),
        ({"rate": "fast"}, "rate"),
        ({"binarize": "maybe"}, "binarize"),
        ({"seed": -1}, "seed"),
        ({"threads": 0}, "threads"),
    ],
    ids=str,
)
def test_settings_are_refused_by_fit(settings, words):
    made = Draw(**TINY | {"batch": 20} | settings)
    assert words in message(made.fit, IMAGES, epochs=1, verbose=False)
    assert not hasattr(made, "params_")


def test_numbers_of_numpy_are_numbers(tmp_path):
    made = Draw(**TINY | {"glimpses": np.int64(2)}, batch=np.int32(20), rate=np.float32(0.01))
    made.fit(IMAGES, epochs=np.float64(0.4), verbose=False).save(tmp_path / "x.npz")
    assert Draw.load(tmp_path / "x.npz").config_ == made.config_


@pytest.mark.parametrize("budget", [{"epochs": -1}, {"minutes": 1, "epochs": 1}, {"minutes": 0}])
def test_budgets_are_refused(budget):
    message(Draw(**TINY, batch=20).fit, IMAGES, **budget)


@pytest.mark.parametrize(
    "images",
    [IMAGES[:1], IMAGES[0], np.zeros((30, 7, 6)) - 1, np.full((30, 7, 6), np.nan), ["a"], []],
    ids=range(6),
)
def test_images_are_refused(images):
    message(Draw(**TINY, batch=20).fit, images, epochs=1)


def test_images_of_another_size_are_refused(fitted):
    for call in (fitted.score, fitted.reconstruct):
        assert "(1, 7, 6)" in message(call, NEW[:, :, :6])


def test_set_params_and_what_a_loaded_one_was_trained_with(tmp_path):
    model = Draw(glimpses=2, hidden=8, latent=3, threads=1).set_params(batch=5, seed=3, rate=1e-3)
    assert model.get_params()["batch"] == 5
    with pytest.raises(UserError, match="no 'bach'"):
        model.set_params(bach=5)
    images = np.random.default_rng(0).integers(0, 256, (20, 6, 5), np.uint8)
    model.fit(images, epochs=1, verbose=False).save(tmp_path / "mine.npz")
    loaded = Draw.load(tmp_path / "mine.npz").set_params(threads=1)
    assert loaded.get_params() == model.get_params()


LABELS = np.array(["ant", "bee", "cow"])[np.arange(len(IMAGES)) % 3]


@pytest.fixture(scope="module")
def conditional():
    made = Draw(**TINY, classes=3, batch=20, seed=3)
    return made.fit(IMAGES, LABELS, epochs=2, verbose=False)


def test_a_conditional_network_paints_the_class_asked_for(conditional, tmp_path):
    assert conditional.classes_.tolist() == ["ant", "bee", "cow"]
    each = [conditional.sample(2, labels=label, seed=1) for label in conditional.classes_]
    assert not np.allclose(each[0], each[1]) and not np.allclose(each[1], each[2])
    mixed = conditional.sample(2, labels=["cow", "ant"], seed=1)
    np.testing.assert_allclose(mixed[0], each[2][0], rtol=1e-4)
    np.testing.assert_allclose(mixed[1], each[0][1], rtol=1e-4)
    in_turn = conditional.sample(6, seed=1)
    asked = conditional.sample(6, labels=["ant", "ant", "bee", "bee", "cow", "cow"], seed=1)
    np.testing.assert_array_equal(in_turn, asked)
    assert conditional.film(3, labels="bee").canvas.shape[1] == 3
    conditional.save(tmp_path / "net.npz")
    again = Draw.load(tmp_path / "net.npz")
    np.testing.assert_array_equal(again.sample(6, seed=1), asked)
    assert again.classes_.tolist() == ["ant", "bee", "cow"] and again.classes == 3


def test_labels_of_a_conditional_network_matter_to_its_score(conditional):
    images, labels = NEW, LABELS[:9]
    right = conditional.score(images, labels)
    wrong = conditional.score(images, np.roll(labels, 1))
    assert right != wrong
    redrawn = conditional.reconstruct(images, labels)
    assert not np.allclose(redrawn, conditional.reconstruct(images, np.roll(labels, 1)))


def test_wrong_labels_of_a_conditional_network(conditional, fitted):
    cases = {
        "no class is called 'dog'; choose from ant, bee, cow": lambda: conditional.sample(
            2, labels="dog"
        ),
        "labels have shape (3,); expected (2,)": lambda: conditional.sample(2, labels=LABELS[:3]),
        "give the label of every image": lambda: conditional.reconstruct(NEW),
        "the labels are missing": lambda: Draw(**TINY, classes=3).fit(IMAGES, epochs=1),
        "the labels have 3 classes; classes is 4": lambda: Draw(**TINY, classes=4).fit(
            IMAGES, LABELS, epochs=1
        ),
        "trained without labels: leave them out": lambda: fitted.sample(2, labels="bee"),
    }
    for words, call in cases.items():
        assert words in message(call)


def test_without_arguments_it_is_the_quick_preset():
    preset, draw = PRESETS["quick"], Draw()
    assert draw._recipe(None, None) == preset.recipe
    assert all(getattr(draw, name) == value for name, value in preset.config.items())
