"""`identify` tells what a file really is from its first bytes, whatever its name says."""

import gzip
import zlib

from minidraw.regular_files import open_regular

HEAD_BYTES = 512
PICTURE_KINDS = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    **{b"P%d" % k: "PPM" for k in range(1, 7)},  # with P4 for bits and P5 for grey levels
}
ARRAY_KINDS = {b"\x93NUMPY": "npy", b"PK\x03\x04": "npz", b"PK\x05\x06": "npz"}
OTHER_KINDS = {
    b"MATLAB 5.0": "a MATLAB file; save its arrays with numpy.savez",
    b"\x89HDF\r\n\x1a\n": "an HDF5 file; save its arrays with numpy.savez",
    b"PAR1": "a Parquet table; save its pictures with numpy.savez",
    b"\x80\x02": "a pickle, which is never loaded",
    b"\x80\x03": "a pickle, which is never loaded",
    b"\x80\x04": "a pickle, which is never loaded",
    b"\x80\x05": "a pickle, which is never loaded",
    b"%PDF": "a PDF document",
    b"8BPS": "a Photoshop picture",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 picture",
    b"Rar!": "a RAR archive; unpack it first",
    b"7z\xbc\xaf": "a 7-Zip archive; unpack it first",
    b"\xfd7zXZ": "an xz archive; unpack it first",
    b"BZh": "a bzip2 archive; unpack it first",
}
TABLE_HINT = "a text table; read it with numpy.loadtxt and save images and labels with numpy.savez"


def identify(path):
    """Return a file's kind.

    Returns
    -------
    str or None
        ``npz``, ``npy`` or ``idx`` (also gzipped); a value of `PICTURE_KINDS` or ``WEBP``; or
        words for a message.  None if the kind is unknown.
    """
    with open_regular(path) as file:
        head = file.read(HEAD_BYTES)
        if head[:2] != b"\x1f\x8b":
            return identify_head(head)
        file.seek(0)
        head = _unpack_head(file)
    if head is None:
        return "a damaged gzip file"
    if identify_head(head) == "idx":
        return "idx"
    tar = head[257:262] == b"ustar"
    return "a tar archive; unpack it first" if tar else "a gzip file; unpack it first"


def identify_head(head):
    """Return the kind of a file from its first bytes, as `identify` does."""
    for table in (PICTURE_KINDS, ARRAY_KINDS, OTHER_KINDS):
        for magic, kind in table.items():
            if head.startswith(magic):
                return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[:2] == b"\0\0" and len(head) >= 4 and head[2] in range(8, 15) and 1 <= head[3] <= 8:
        return "idx"
    if head[4:8] == b"ftyp":
        return "an AVIF or HEIC picture or a film; convert it to PNG"
    return _identify_text(head)


def is_picture(kind):
    """Return whether a kind is one that `pictures.open_picture` reads."""
    return kind == "WEBP" or kind in PICTURE_KINDS.values()


def _identify_text(head):
    start = head.lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    if start.startswith((b"<svg", b"<?xml")):
        return "an SVG or XML file"
    if start and all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head):
        return TABLE_HINT if start.count(b",") > 8 else "a text file"
    return None if start else "an empty file"


def _unpack_head(file):
    try:
        return gzip.GzipFile(fileobj=file).read(HEAD_BYTES)
    except (OSError, EOFError, zlib.error):
        return None
