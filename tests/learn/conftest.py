import pytest


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of the learner's own: `mine.py` lands there."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
