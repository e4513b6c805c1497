"""scikit-learn's own checks, and its tools with `Draw` and `Classifier`."""

# ruff: noqa: E402 (the imports follow the question whether scikit-learn is there)

import pickle
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
import joblib
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler
from sklearn.utils import estimator_html_repr, get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted

from minidraw import Classifier, Draw
from minidraw.errors import UserError

TINY = {"glimpses": 2, "read_size": 2, "batch": 5, "threads": 1}
DRAW = Draw(**TINY, hidden=4, latent=2, write_size=2, epochs=1)
CLASSIFIER = Classifier(**TINY, hidden=8, rate=0.01, epochs=1)


def as_pictures(table):
    """Turn a table of numbers into pictures, a row each; leave anything else as it is."""
    found = table if hasattr(table, "toarray") else np.asarray(table)
    if hasattr(found, "toarray") or found.ndim != 2 or found.dtype.kind not in "iuf":
        return table
    with np.errstate(invalid="ignore"):
        values = found / (1 + abs(found))  # in [0, 1] if none is negative
    return np.repeat(values[:, None], values.shape[1], axis=1)


class OfTables:
    """What lets scikit-learn's checks run: their data are tables of a few measurements."""

    def fit(self, X, y=None):
        return super().fit(as_pictures(X), y, verbose=False)

    def _check_images(self, X):
        return super()._check_images(as_pictures(X))

    @property
    def n_features_in_(self):
        return self.config_.width


class DrawOfTables(OfTables, Draw):
    """`Draw` of pictures made from tables."""


class ClassifierOfTables(OfTables, Classifier):
    """`Classifier` of pictures made from tables."""


OTHER_WORDS = "refused with a ValueError, but in minidraw's words: "
EXPECTED = {
    "check_n_features_in_after_fitting": f"{OTHER_WORDS}it names shapes, not features",
    "check_positive_only_tag_during_fit": f"{OTHER_WORDS}it names the range of the values",
    "check_complex_data": f"{OTHER_WORDS}it names the type",
    "check_estimators_empty_data_messages": f"{OTHER_WORDS}it names the shape",
    "check_fit2d_1sample": f"{OTHER_WORDS}it says one picture, not one sample",
    "check_fit2d_1feature": f"{OTHER_WORDS}a picture of one pixel is none",
    "check_dtype_object": "pictures are numbers; arrays of Python objects are refused",
}
EXPECTED_OF_CLASSIFIERS = EXPECTED | {
    "check_fit_score_takes_y": "the argument is called labels; scikit-learn passes it by position",
    "check_fit2d_predict1d": f"{OTHER_WORDS}it says Reshape it",
    "check_requires_y_none": f"{OTHER_WORDS}the labels are missing",
    "check_supervised_y_2d": "labels of shape (n, 1) are refused, not flattened with a warning",
}


def expected_failures(estimator):
    return EXPECTED if isinstance(estimator, Draw) else EXPECTED_OF_CLASSIFIERS


def make_checks():
    """Return a decorator with all checks; scikit-learn warns that it isn't the base class."""
    learning = CLASSIFIER.get_params() | {
        "epochs": 12,
        "rate": 0.02,
    }  # one check wants an accuracy of 0.83
    estimators = [DrawOfTables(**DRAW.get_params()), ClassifierOfTables(**learning)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return parametrize_with_checks(estimators, expected_failed_checks=expected_failures)


@make_checks()
def test_scikit_learns_checks(estimator, check, request):
    request.applymarker(pytest.mark.filterwarnings("ignore"))
    check(estimator)


RNG = np.random.default_rng(0)
LABELS = np.arange(60) % 2
IMAGES = RNG.random((60, 6, 5)) * (0.3 + 0.7 * LABELS[:, None, None])
WORDS = np.array(["dark", "light"])[LABELS]
TABLE = IMAGES[:, :5].reshape(60, 25)  # square pictures, a row each
QUIET = {"verbose": False}
BOTH = pytest.mark.parametrize("estimator", [DRAW, CLASSIFIER], ids=["draw", "classifier"])


@BOTH
@pytest.mark.parametrize("images", [IMAGES, TABLE, TABLE.tolist()], ids=["stack", "table", "list"])
def test_cross_validation(estimator, images):
    scores = cross_val_score(estimator, images, WORDS, cv=2, params=QUIET, error_score="raise")
    assert scores.shape == (2,) and np.isfinite(scores).all()


@BOTH
def test_grid_search_in_processes(estimator):
    grid = {"hidden": [3, 5], "epochs": [1, 2]}
    search = GridSearchCV(estimator, grid, cv=2, n_jobs=2, error_score="raise")
    search.fit(IMAGES, WORDS, **QUIET)
    assert search.best_params_.keys() == grid.keys()
    assert search.best_estimator_.config_.hidden == search.best_params_["hidden"]
    assert np.isfinite(search.score(IMAGES, WORDS))


def test_grid_search_in_threads():
    with joblib.parallel_backend("threading", n_jobs=2):
        search = GridSearchCV(CLASSIFIER, {"hidden": [3, 5]}, cv=2, error_score="raise")
        search.fit(IMAGES, WORDS, **QUIET)
    again = GridSearchCV(CLASSIFIER, {"hidden": [3, 5]}, cv=2).fit(IMAGES, WORDS, **QUIET)
    key = "mean_test_score"
    np.testing.assert_allclose(search.cv_results_[key], again.cv_results_[key])


@BOTH
def test_a_pipeline(estimator):
    name = type(estimator).__name__.lower()
    pipeline = make_pipeline(MinMaxScaler(clip=True), FunctionTransformer(), estimator)
    pipeline.set_output(transform="default").fit(TABLE, WORDS, **{f"{name}__verbose": False})
    assert np.isfinite(pipeline.score(TABLE, WORDS))
    pipeline.set_params(**{f"{name}__hidden": 6})
    assert pipeline.get_params()[f"{name}__hidden"] == 6
    for shown in (pipeline._repr_html_(), estimator_html_repr(estimator)):
        assert type(estimator).__name__ in shown


@BOTH
def test_clones_and_copies(estimator):
    fitted = clone(estimator).set_params(hidden=5).fit(IMAGES, WORDS, **QUIET)
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params() and not hasattr(copy, "params_")
    check_is_fitted(fitted)
    with pytest.raises(NotFittedError):
        check_is_fitted(copy)
    assert pickle.loads(pickle.dumps(fitted)).score(IMAGES, WORDS) == fitted.score(IMAGES, WORDS)
    assert repr(estimator).startswith(f"{type(estimator).__name__}(")


@BOTH
def test_joblib_files(estimator, tmp_path):
    fitted = clone(estimator).fit(IMAGES, WORDS, **QUIET)
    joblib.dump(fitted, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    assert loaded.score(IMAGES, WORDS) == fitted.score(IMAGES, WORDS)
    assert loaded.n_features_in_ == 30


@BOTH
def test_an_error_before_fit_is_of_both_kinds(estimator):
    for kind in NotFittedError, UserError, AttributeError:
        with pytest.raises(kind) as caught:
            clone(estimator).score(IMAGES, WORDS)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(copy, UserError) and str(copy) == str(caught.value)
    assert not hasattr(clone(estimator), "n_features_in_")


def test_kinds():
    assert is_classifier(CLASSIFIER) and not is_classifier(DRAW)
    assert not is_regressor(CLASSIFIER) and not is_regressor(DRAW)
    assert get_tags(CLASSIFIER).target_tags.required and not get_tags(DRAW).target_tags.required


def test_an_early_choice_of_time_gives_way_to_that_of_fit():
    assert clone(DRAW).set_params(epochs=3).fit(TABLE, **QUIET).meta_["recipe"]["epochs"] == 3
    made = clone(DRAW).set_params(minutes=5).fit(TABLE, epochs=1, **QUIET)
    assert made.meta_["recipe"]["epochs"] == 1 and made.minutes == 5
