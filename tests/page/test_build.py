"""`minidraw page` writes one small file that asks for nothing, and refuses what it can't show."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from page_networks import make_classifier, make_painter

from minidraw import Draw
from minidraw.datasets import bundled_path
from minidraw.page import build, build_page
from minidraw.page.build import MODULES, join_modules

PAINTERS = ("mnist", "mnist-t32", "mnist-fresh", "mnist-no-attention", "two-digits")
CLASSIFIERS = ("cluttered-4", "cluttered-8")


class Tags(HTMLParser):
    """The tags of a page, with their attributes and the text that follows them."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes), []))

    def handle_endtag(self, tag):
        self.found.append((f"/{tag}", {}, []))

    def handle_data(self, data):
        if self.found:
            self.found[-1][2].append(data)

    def all(self, tag):
        return [(given, "".join(text)) for name, given, text in self.found if name == tag]


def stored(page):
    """The values in the page's block of JSON."""
    ((_, text),) = [s for s in Tags(page).all("script") if s[0].get("id") == "network"]
    return json.loads(text)


@pytest.mark.parametrize("name", PAINTERS + CLASSIFIERS)
def test_every_bundled_network_fits_on_a_page(minidraw, here, name):
    status, out, err = minidraw("page", bundled_path(f"{name}.npz"), "--out", "a.html")
    assert (status, err) == (0, "")
    assert out.startswith("a.html: ")
    assert stored((here / "a.html").read_text("utf-8"))["name"] == f"{name}.npz"


def test_the_default_network_takes_less_than_3_mb(minidraw, here):
    assert minidraw("page")[0] == 0
    page = here / "page.html"
    assert page.stat().st_size < 3_000_000
    kept = stored(page.read_text("utf-8"))
    assert kept["name"] == "mnist.npz" and kept["noun"] == "digit"
    assert kept["config"]["glimpses"] == 64


@pytest.mark.parametrize("network", [make_painter(), make_classifier()], ids=["draw", "classifier"])
def test_the_page_names_nothing_to_load(network):
    page = build_page(network, "mine.npz")
    tags = Tags(page)
    addresses = [
        given[key] for _, given, _ in tags.found for key in ("src", "href") if key in given
    ]
    assert addresses == ["data:,"]
    program = "".join(text for given, text in tags.all("script") if given["type"] == "module")
    assert not re.search(r"https?:|fetch\(|import|XMLHttp|WebSocket|innerHTML|\beval\b", program)
    assert not re.search(r"url\(|@import|https?:", tags.all("style")[0][1])


def test_the_policy_allows_this_script_and_style_alone():
    tags = Tags(build_page(make_painter(), "mine.npz"))
    (policy,) = [given["content"] for given, _ in tags.all("meta") if "http-equiv" in given]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    for kind, tag in (("script-src", "script"), ("style-src", "style")):
        source = [text for given, text in tags.all(tag) if given.get("type") != "application/json"]
        (text,) = source
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[kind] == f"'sha256-{digest}'"


@pytest.mark.parametrize("text", ["</script><b>", "<!--<script>", "{{script}}", "\u2028\"'&amp;"])
def test_text_from_a_file_stays_text(text):
    plain = [tag for tag, _, _ in Tags(build_page(make_classifier(), "a")).found]
    network = make_classifier()
    network.classes_ = np.array([text, "b", "c"])
    network.meta_ = {"data": {"name_or_path": [text]}}
    page = build_page(network, text, lessons=text)
    assert [tag for tag, _, _ in Tags(page).found] == plain
    kept = stored(page)
    assert kept["name"] == kept["lessons"] == kept["classes"][0] == text


def test_modules_are_joined_without_their_imports():
    script = join_modules(MODULES)
    assert not re.search(r"^(import|export)\b", script, re.M)
    folder = Path(build.__file__).parent
    assert {path.stem for path in folder.glob("*.js")} == set(MODULES)


def test_a_network_too_large_or_with_too_large_weights(refused, here):
    large = make_painter(hidden=900, height=28, width=28, read_attention=False)
    large.save("large.npz")
    refused("page", "large.npz", words=("MB", "at most 20 MB"))
    loud = make_painter()
    loud.params_["patch.b"][0] = 1e5
    loud.save("loud.npz")
    refused("page", "loud.npz", words=("65504",))
    assert not (here / "page.html").exists()


def test_files_that_hold_no_network(refused, here):
    whole = here / "whole.npz"
    make_painter().save(whole)
    content = whole.read_bytes()
    cut, other = here / "cut.npz", here / "other.npz"
    cut.write_bytes(content[: len(content) // 2])
    np.savez(other, images=np.zeros(3))
    (here / "empty.npz").write_bytes(b"")
    (here / "folder").mkdir()
    for name in ("cut.npz", "other.npz", "empty.npz", "folder", "missing.npz"):
        refused("page", name, words=name)
    refused("page", whole, "--out", whole, words="--out")
    refused("page", whole, "--out", "no/such/page.html", words="can't write")
    assert whole.read_bytes() == content and not (here / "page.html").exists()


def test_weights_come_back_as_they_were(here):
    network = make_painter()
    kept = stored(build_page(network, "mine"))
    assert [weights["name"] for weights in kept["weights"]] == list(network.params_)
    for weights in kept["weights"]:
        halves = np.frombuffer(base64.b64decode(weights["packed"]), "<f2").astype(np.float32)
        assert np.array_equal(halves.reshape(weights["shape"]), network.params_[weights["name"]])


def test_the_package_and_the_command_give_the_same_page(minidraw, here):
    path = bundled_path("mnist-t32.npz")
    assert minidraw("page", path, "--lessons", "lessons/")[0] == 0
    page = build_page(Draw.load(path), "mnist-t32.npz", "lessons/")
    assert (here / "page.html").read_text("utf-8") == page
