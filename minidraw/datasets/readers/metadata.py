"""`strip_metadata` removes from PNG and JPEG files what doesn't change their pixels.

Pillow refuses whole pictures for the sake of a long comment or a damaged colour profile.
"""

import struct

PNG_MAGIC, JPEG_MAGIC = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
PNG_CHUNKS = b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"
EXIF_STARTS = b"II*\0", b"MM\0*"  # EXIF says which side is up
JFIF, EXIF, ADOBE, COMMENT = 0xE0, 0xE1, 0xEE, 0xFE  # segments of a JPEG file
APPLICATION = range(0xE0, 0xF0)
START_OF_SCAN = 0xDA
ADOBE_BYTES = 12  # up to its last field, the colours' transform
MAX_EXIF_BYTES = 2**16


def strip_metadata(content):
    """Return the bytes of a PNG or JPEG file without metadata, except EXIF; others unchanged."""
    if content.startswith(PNG_MAGIC):
        return PNG_MAGIC + b"".join(_select_chunks(content))
    if content.startswith(JPEG_MAGIC):
        return content[:2] + b"".join(_select_segments(content))
    return content


def _select_chunks(content):
    """Yield the chunks to keep: length (4 bytes), name (4), body, checksum (4)."""
    start = len(PNG_MAGIC)
    while start < len(content):
        length = int.from_bytes(content[start : start + 4])
        name, end = content[start + 4 : start + 8], start + length + 12
        body = content[start + 8 : start + 12]
        oriented = name == b"eXIf" and body in EXIF_STARTS and length <= MAX_EXIF_BYTES
        if name in PNG_CHUNKS or oriented:
            yield content[start:end]
        start = end


def _select_segments(content):
    """Yield the segments to keep: marker (2 bytes), length (2), body; then the rest."""
    start = 2
    while content[start : start + 1] == b"\xff" and len(content) >= start + 4:
        _, marker, length = struct.unpack_from(">BBH", content, start)
        if marker == START_OF_SCAN or marker == 0xFF:
            break
        end, body = start + 2 + length, content[start + 4 : start + 10]
        metadata = marker in APPLICATION or marker == COMMENT
        kept = marker == JFIF or (marker == EXIF and body == b"Exif\0\0")
        kept |= marker == ADOBE and length >= ADOBE_BYTES + 2
        if kept or not metadata:
            yield content[start:end]
        start = end
    yield content[start:]
