"""The classifier with scikit-learn's methods."""

import copy
import inspect
import json

import numpy as np
import pytest

import minidraw
from minidraw import Classifier, Draw, datasets
from minidraw.errors import UserError
from minidraw.estimators import load_estimator
from minidraw.training import checkpoint

TINY = {"glimpses": 2, "hidden": 8, "read_size": 3, "threads": 2}
CORNERS = np.array(["north-east", "north-west", "south-east", "south-west"])


def blots(n, seed):
    """A bright spot in a corner of noise, and the corner's name."""
    rng = np.random.default_rng(seed)
    images, corner = rng.integers(0, 100, (n, 12, 10)).astype(np.uint8), rng.integers(0, 4, n)
    for image, k in zip(images, corner, strict=True):
        y, x = rng.integers(0, 4, 2) + [6 * (k // 2), 5 * (k % 2 == 0)]
        image[y : y + 2, x : x + 2] = 255
    return images, CORNERS[corner]


IMAGES, LABELS = blots(300, 0)
NEW, RIGHT = blots(230, 1)


@pytest.fixture(scope="module")
def fitted():
    return Classifier(**TINY, batch=20, rate=0.01).fit(IMAGES, LABELS, epochs=15, verbose=False)


def message(function, *arguments, **settings):
    with pytest.raises(UserError) as caught:
        function(*arguments, **settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_it_is_found_at_the_top():
    assert minidraw.Classifier is Classifier and "Classifier" in minidraw.__all__


def test_parameters_are_stored_as_given():
    odd = {name: object() for name in inspect.signature(Classifier).parameters}
    made = Classifier(**odd)
    assert made.get_params() == odd
    assert not [name for name in vars(made) if name.endswith("_")]
    assert made.set_params(batch=5).get_params()["batch"] == 5
    assert "Classifier has no 'bach'; choose from batch, rate" in message(made.set_params, bach=5)


def test_it_learns_words_for_classes(fitted):
    assert fitted.classes_.tolist() == CORNERS.tolist()
    assert fitted.config_.classes == 4 and fitted.config_.image_shape == (1, 12, 10)
    assert fitted.score(NEW, RIGHT) > 0.9
    assert fitted.error_.error < 0.15 and fitted.error_.images == 30
    assert fitted.error_.protocol == "array, validation" and not fitted._binarizes


def test_predictions_are_the_likeliest_classes(fitted):
    likely = fitted.predict_proba(NEW)
    assert likely.shape == (230, 4)  # three chunks
    np.testing.assert_allclose(likely.sum(axis=1), 1, rtol=1e-5)
    found = fitted.predict(NEW)
    np.testing.assert_array_equal(found, CORNERS[likely.argmax(axis=1)])
    assert fitted.score(NEW, RIGHT) == (found == RIGHT).mean()
    np.testing.assert_allclose(fitted.predict_proba(NEW[7:8]), likely[7:8], rtol=1e-4)
    np.testing.assert_allclose(fitted.predict_proba(NEW[:5] / 255), likely[:5], rtol=1e-4)


def test_scanpath(fitted):
    scanpath = fitted.scanpath(NEW[:5])
    assert scanpath.glimpses.shape == (2, 5, 1, 3, 3) and scanpath.window.var.shape == (2, 5)
    np.testing.assert_allclose(scanpath.probabilities, fitted.predict_proba(NEW[:5]), rtol=1e-4)


def test_fit_twice_gives_the_same_bits():
    made = [
        Classifier(**TINY, batch=20, seed=s).fit(IMAGES, LABELS, epochs=0.5, verbose=False)
        for s in (3, 3, 4)
    ]
    one, two, other = (np.concatenate([v.ravel() for v in m.params_.values()]) for m in made)
    assert (one == two).all() and (one != other).any()


def test_save_and_load(fitted, tmp_path):
    path = tmp_path / "network.npz"
    fitted.save(path)
    for load in Classifier.load, load_estimator:
        loaded = load(path)
        assert type(loaded) is Classifier and loaded.get_params()["batch"] == 20
        np.testing.assert_array_equal(loaded.predict(NEW), fitted.predict(NEW))
        assert loaded.config_ == fitted.config_
    loaded.save(tmp_path / "again.npz")
    assert (Classifier.load(tmp_path / "again.npz").predict(NEW) == fitted.predict(NEW)).all()
    assert "holds a classifier network; expected draw" in message(Draw.load, path)
    drawing = Draw(glimpses=2, hidden=5, latent=2, batch=20, threads=1)
    drawing.fit(IMAGES, epochs=0.1, verbose=False).save(tmp_path / "draw.npz")
    assert "holds a draw network; expected classifier" in message(
        Classifier.load, tmp_path / "draw.npz"
    )
    assert type(load_estimator(tmp_path / "draw.npz")) is Draw


@pytest.mark.parametrize("classes", [[1, 2], "four", [[1], [2], [3], [4, 5]], {"a": 1}, None, 4])
def test_hostile_classes_are_refused(fitted, tmp_path, classes):
    meta = fitted.meta_ | {
        "model": "classifier",
        "config": vars(fitted.config_),
        "classes": classes,
    }
    checkpoint.save(tmp_path / "x.npz", json.loads(json.dumps(meta)), {"weights": fitted.params_})
    assert "expected 4 labels as classes" in message(Classifier.load, tmp_path / "x.npz")


def test_nothing_works_before_fit(tmp_path):
    calls = [
        lambda made: made.predict(NEW),
        lambda made: made.predict_proba(NEW),
        lambda made: made.look(NEW),
        lambda made: made.score(NEW, RIGHT),
        lambda made: made.save(tmp_path / "x.npz"),
    ]
    for call in calls:
        assert "this Classifier is not trained yet" in message(call, Classifier())
        with pytest.raises(AttributeError):
            call(Classifier())
    assert not list(tmp_path.iterdir())


def test_scenes_are_made_anew_while_it_learns(fitted):
    data = datasets.load("cluttered-digits")
    made = Classifier(**TINY, batch=50).fit(data, epochs=0.03, verbose=False)
    assert made.classes_.tolist() == list(range(10)) and made.error_.images == 500
    few = data.valid.images[:20]
    assert made.predict(few).shape == (20,)
    made.check_fits(data, "valid")
    assert "(1, 100, 100)" in message(fitted.check_fits, data, "valid")
    assert "no test set" in message(made.check_fits, data, "test")
    whole = np.asarray(datasets.Dataset("x", data.valid, data.valid).train.images)
    assert whole.shape == (500, 1, 100, 100) and (whole[:20] == few).all()
    assert (data.valid.images[3] == few[3]).all()


def test_a_set_of_more_classes_does_not_fit(fitted):
    split = datasets.Split(NEW[:, None], np.arange(230) % 5)
    numbered = copy.copy(fitted)
    numbered.classes_ = np.arange(4)
    words = message(numbered.check_fits, datasets.Dataset("x", split, split), "valid")
    assert words == "x has labels of 5 classes; this network has 4"
    bare = datasets.Dataset("x", datasets.Split(NEW[:, None]), datasets.Split(NEW[:, None]))
    assert "labels of 0 classes" in message(numbered.check_fits, bare, "valid")


def test_a_set_counts_its_classes_from_0_and_this_network_does_not(fitted):
    split = datasets.Split(NEW[:, None], np.arange(230) % 4)
    words = message(fitted.check_fits, datasets.Dataset("x", split, split), "valid")
    assert "aren't numbered from 0: use its score method" in words


@pytest.mark.parametrize("labels", [RIGHT[:, None], RIGHT[0], RIGHT[:9]])
def test_score_wants_a_label_for_every_image(fitted, labels):
    assert "expected (230,)" in message(fitted.score, NEW, labels)


@pytest.mark.parametrize("labels", [LABELS == "north-east", LABELS.astype(object)])
def test_labels_of_other_types_can_be_kept(labels, tmp_path):
    made = Classifier(**TINY, batch=20).fit(IMAGES, labels, epochs=0.1, verbose=False)
    made.save(tmp_path / "made.npz")
    kept = Classifier.load(tmp_path / "made.npz")
    assert kept.classes_.tolist() == np.unique(labels).tolist()
    assert kept.score(NEW, made.predict(NEW)) == 1


@pytest.mark.parametrize(
    "images, labels, words",
    [
        (IMAGES, None, "the labels are missing"),
        (IMAGES, LABELS[:-1], "labels have shape (299,); expected (300,)"),
        (IMAGES, LABELS[:, None], "labels have shape (300, 1); expected (300,)"),
        (IMAGES, LABELS[0], "labels have shape (); expected (300,)"),
        (IMAGES, LABELS.astype("S"), "labels must be numbers or words"),
        (IMAGES, [*LABELS[1:], None], "labels must be numbers or words"),
        (IMAGES, ["one"] * 300, "at least 2"),
        (datasets.Dataset("x", *[datasets.Split(IMAGES[:, None])] * 2), LABELS, "its own labels"),
        (IMAGES[:1], LABELS[:1], "one picture"),
        (datasets.Dataset("x", *[datasets.Split(IMAGES[:, None])] * 2), None, "x has no labels"),
        (
            datasets.Dataset("x", *[datasets.Split(IMAGES[:, None], np.arange(300) - 1)] * 2),
            None,
            "x has labels below 0",
        ),
    ],
    ids=range(11),
)
def test_images_and_labels_are_refused(images, labels, words):
    made = Classifier(**TINY, batch=20)
    assert words in message(made.fit, images, labels, epochs=1, verbose=False)
    assert not hasattr(made, "params_") and not hasattr(made, "classes_")


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"glimpses": 0}, "glimpses"),
        ({"hidden": "8"}, "hidden"),
        ({"read_size": 1}, "read_size"),
        ({"glimpses": 10**12}, "units over all steps"),
        ({"batch": 271}, "270 training images"),
        ({"rate": -1}, "rate"),
        ({"binarize": "maybe"}, "binarize"),
        ({"seed": -1}, "seed"),
        ({"threads": 0}, "threads"),
    ],
    ids=str,
)
def test_settings_are_refused_by_fit(settings, words):
    made = Classifier(**TINY | {"batch": 20} | settings)
    assert words in message(made.fit, IMAGES, LABELS, epochs=1, verbose=False)


def test_images_of_another_size_are_refused(fitted):
    for call in fitted.predict, fitted.look:
        assert "(1, 12, 10)" in message(call, NEW[:, :, :6])


def test_images_are_binarised_only_where_asked_for():
    made = Classifier(**TINY, batch=20, binarize="fresh")
    made.fit(IMAGES, LABELS, epochs=0.1, verbose=False)
    assert made._binarizes and made.error_.protocol == "array, dynamic binarisation, validation"
