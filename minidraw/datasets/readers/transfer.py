"""`transfer` copies a file of known size from a mirror, which may be slow, endless or hostile."""

import threading
import time

FILE_BYTES = {
    "train-images-idx3-ubyte.gz": 9_912_422,
    "train-labels-idx1-ubyte.gz": 28_881,
    "t10k-images-idx3-ubyte.gz": 1_648_877,
    "t10k-labels-idx1-ubyte.gz": 4_542,
    "binarized_mnist_train.amat": 50_000 * 1568,
    "binarized_mnist_valid.amat": 10_000 * 1568,
    "binarized_mnist_test.amat": 10_000 * 1568,
    "cifar-10-binary.tar.gz": 170_052_171,
    "train.tar.gz": 404_141_560,
    "extra.tar.gz": 1_955_489_752,
    "test.tar.gz": 276_555_967,
    "train_32x32.mat": 182_040_794,
    "test_32x32.mat": 64_275_384,
}
CHUNK_BYTES = 2**14
GRACE_SECONDS = 30
MIN_BYTES_PER_SECOND = 2000  # on average, after the first GRACE_SECONDS


class TransferError(OSError):
    """Error for a mirror that sends too many bytes, or too few in a second."""


def transfer(url, path, name):
    """Copy the contents of an address to a file.

    A thread copies and this one watches, because a mirror may send one byte at a time and let no
    call of the thread end.

    Raises
    ------
    OSError
        If the mirror doesn't answer; `TransferError` if it sends too much, or is too slow.
    """
    import pooch

    failures = []
    began = time.monotonic()
    with open(path, "wb") as file:
        counted = _CountedFile(file, FILE_BYTES[name])

        def copy():
            try:
                pooch.HTTPDownloader(progressbar=True, chunk_size=CHUNK_BYTES)(url, counted, None)
            except Exception as error:
                failures.append(error)

        thread = threading.Thread(target=copy, daemon=True)  # one that hangs ends with the process
        try:
            thread.start()
        except RuntimeError:  # a browser starts no thread: nothing watches then
            copy()
        try:
            while thread.is_alive():
                thread.join(0.1)
                seconds = time.monotonic() - began
                if counted.bytes < MIN_BYTES_PER_SECOND * (seconds - GRACE_SECONDS):
                    raise TransferError(f"only {counted.bytes:,} bytes in {seconds:.0f} s")
        finally:
            counted.closed = True
    if failures:
        raise failures[0]


class _CountedFile:
    """File that takes no more than the expected bytes, and none once it is closed."""

    def __init__(self, file, expected):
        self.file, self.expected, self.bytes, self.closed = file, expected, 0, False

    def write(self, content):
        self.bytes += len(content)
        if self.bytes > self.expected or self.closed:
            raise TransferError(f"more than {self.expected:,} bytes")
        self.file.write(content)

    def flush(self):
        self.file.flush()
