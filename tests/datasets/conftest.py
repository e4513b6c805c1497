import gzip
import os
import threading
import time
import tracemalloc
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from minidraw.datasets.readers import download, transfer
from minidraw.errors import UserError


@pytest.fixture(scope="session")
def real_data():
    """The folder with the real MNIST files; tests that need it are skipped without."""
    folder = os.environ.get("MINIDRAW_DATA")
    if not folder or not (Path(folder) / "mnist" / "train-images-idx3-ubyte.gz").is_file():
        pytest.skip("needs the real MNIST files: set MINIDRAW_DATA to the folder that holds them")
    return Path(folder)


@pytest.fixture
def at_most():
    """Expect that Python and NumPy never hold more than so much memory anew."""

    @contextmanager
    def expect(*, megabytes):
        tracemalloc.start()
        try:
            yield
            assert tracemalloc.get_traced_memory()[1] < megabytes * 2**20
        finally:
            tracemalloc.stop()

    return expect


@pytest.fixture
def one_line_error():
    """Expect a UserError of one line that holds these parts."""

    @contextmanager
    def expect(*parts):
        with pytest.raises(UserError) as caught:
            yield
        message = str(caught.value)
        assert "\n" not in message and len(message) < 500
        for part in parts:
            assert str(part) in message

    return expect


@pytest.fixture
def idx_bytes():
    """An array as the contents of an idx file."""
    codes = {"u1": 8, "i2": 11, "i4": 12, "f4": 13, "f8": 14}

    def build(array, zipped=False):
        array = np.asarray(array)
        head = bytes([0, 0, codes[array.dtype.str[1:]], array.ndim])
        head += np.array(array.shape, ">u4").tobytes()
        content = head + array.astype(array.dtype.newbyteorder(">")).tobytes()
        return gzip.compress(content) if zipped else content

    return build


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        if self.path.startswith("/silent/"):
            self.server.drip(self.wfile, b"HTTP/1.0 200 OK\r\nServer: " + b"x" * 1000)
            return
        self.send_response(200)
        if self.path.startswith("/endless/"):
            self.end_headers()
            while not self.server.over:
                self.wfile.write(content)
            return
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.path.startswith("/slow/"):
            self.server.drip(self.wfile, content)
            return
        sent = len(content) // 2 if self.path.startswith("/cut/") else len(content)
        self.wfile.write(content[:sent])

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    """A web server on this machine: fill ``files`` {"/path": bytes}.

    /cut/ sends only half, /endless/ never stops, /slow/ sends a byte at a time, and /silent/ does
    so in the header.
    """
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setitem(transfer.FILE_BYTES, "a.gz", 100_000)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as httpd:
        httpd.files, httpd.asked, httpd.over = {}, [], False

        def drip(file, content):
            for byte in content:
                if httpd.over:
                    return
                file.write(bytes([byte]))
                time.sleep(0.01)

        httpd.drip = drip
        httpd.url = f"http://127.0.0.1:{httpd.server_port}"
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield httpd
        httpd.over = True
        httpd.shutdown()
        thread.join()


@pytest.fixture
def mirrors(monkeypatch):
    """Replace the addresses of a group of files."""
    return lambda group, *urls: monkeypatch.setitem(download.MIRRORS, group, list(urls))
