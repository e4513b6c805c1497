import pytest


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in an empty folder, where `mine.py` is written."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
