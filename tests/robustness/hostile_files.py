"""Files of at most 10 MB that claim, or unpack to, far more memory than they should get."""

import gzip
import io
import json
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image

GIB = 2**30


def npy_header(shape, dtype):
    file = io.BytesIO()
    description = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, description)
    return file.getvalue()


def write_npz(path, arrays):
    """Write a compressed archive; an array is (shape, dtype), and its values are zeros."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, (shape, dtype) in arrays.items():
            left = int(np.prod(shape, dtype=object)) * np.dtype(dtype).itemsize
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                file.write(npy_header(shape, dtype))
                while left > 0:
                    left -= file.write(bytes(min(left, 2**24)))
    return path


def write_idx_gz(path, shape, code=8, claim=None):
    """Write a gzipped idx file of zero bytes; its header may claim another shape."""
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(
            bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *(claim or shape))
        )
        left = int(np.prod(shape, dtype=object))
        while left > 0:
            left -= file.write(bytes(min(left, 2**24)))
    return path


def write_png(path, width, height, mode="L", rows=None):
    """Write a black PNG row by row; fewer rows make it truncated."""
    depth, kind, pixel = {
        "L": (8, 0, 1),
        "RGB": (8, 2, 3),
        "RGBA": (8, 6, 4),
        "LA": (8, 4, 2),
        "I;16": (16, 0, 2),
        "RGB;16": (16, 2, 6),
        "1": (1, 0, 1 / 8),
    }[mode]
    packer, body = zlib.compressobj(9), []
    row = bytes(1 + -int(-width * pixel // 1))
    for _ in range(height if rows is None else rows):
        body.append(packer.compress(row))
    body.append(packer.flush())

    def chunk(name, content):
        return (
            struct.pack(">I", len(content))
            + name
            + content
            + struct.pack(">I", zlib.crc32(name + content))
        )

    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", b"".join(body))
        + chunk(b"IEND", b"")
    )
    return path


def write_jpeg(path, side, mode="L"):
    Image.new(mode, (side, side)).save(path, "JPEG", quality=10)
    return path


def write_weights(path, model="draw", dtype="<f4", copies=1, **config):
    """Write the zero weights of a network of any size, compressed."""
    from minidraw.models import get_model

    module = get_model(model)
    full = module.Config(**config)
    meta = json.dumps({"model": model, "config": vars(full), "data": {"name_or_path": "digits"}})
    shapes = module.param_shapes(full)
    write_npz(path, {f"weights/{k}": (shape, dtype) for k, shape in shapes.items()})
    with zipfile.ZipFile(path, "a") as archive:
        content = np.frombuffer(meta.encode(), np.uint8)
        file = io.BytesIO()
        np.save(file, content)
        archive.writestr("meta.npy", file.getvalue())
    return path
