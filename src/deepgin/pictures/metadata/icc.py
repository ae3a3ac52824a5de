"""ICC profiles: whose samples they are for, and small ones made of primaries and a curve."""

import struct

import numpy as np

from ..formats.png import Chunk

Point = tuple[float, float]
# Red, green, blue and white as x, y, by the codes of ITU-T H.273.
_D65 = (0.3127, 0.3290)
_SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65)
_PRIMARIES = {
    1: _SRGB,
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: ((0.63, 0.34), (0.31, 0.595), (0.155, 0.07), _D65),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
}
# Curves as ICC's parametric ones: a power, or a, b, c, d beside it.
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_VIDEO = (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
_CURVES = {1: _VIDEO, 4: (2.2,), 5: (2.8,), 6: _VIDEO, 8: (1.0,), 13: _SRGB_CURVE, 14: _VIDEO}
_LIKE_SRGB = ((1, 2), (2, 13))  # primaries, transfer; 2: not said
_D50 = (0.9642, 1.0, 0.8249)
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_SPACES = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}
_OTHERS = (b"Lab ", b"XYZ ", b"Luv ", b"YCbr", b"Yxy ", b"HSV ", b"HLS ", b"CMY ")


def matched(icc: bytes, colours: int) -> tuple[bytes, tuple[str, ...]]:
    """Return a profile, if any, for samples of 1 (grey), 3 (RGB) or 4 (CMYK) colours, and notes."""
    space = icc[16:20]
    if space not in (*_SPACES, *_OTHERS) or _SPACES.get(space) == colours:
        return icc, ()
    name, own = space.decode().strip(), {1: "grey", 3: "RGB", 4: "CMYK"}[colours]
    if space == b"GRAY" and colours == 3 and (curve := _tag(icc, b"kTRC")):
        return _profile(curve, _SRGB), (f"its {name} colour profile became an {own} one",)
    return b"", (f"its {name} colour profile is not for {own} samples: it is not kept",)


def of_codes(codes: tuple[int, int], colours: int) -> bytes:
    """Return a profile of the colours that codes name; nothing if none can."""
    curve, primaries = _CURVES.get(codes[1]), _PRIMARIES.get(codes[0])
    return _made(curve, primaries, colours) if curve and primaries else b""


def like_srgb(codes: tuple[int, int] | None) -> bool:
    """Return whether codes name what is shown without any."""
    return codes is None or all(
        code in known for code, known in zip(codes, _LIKE_SRGB, strict=True)
    )


def of_chunks(chunks: tuple[Chunk, ...], colours: int) -> bytes:
    """Return a profile of the gamma and primaries in a PNG's chunks; nothing where sRGB is meant."""
    bodies = dict(chunks)
    gamma: tuple[float, ...] = _SRGB_CURVE
    points: tuple[Point, ...] = _SRGB
    if b"sRGB" in bodies:
        return b""
    if len(bodies.get(b"gAMA", b"")) == 4 and any(bodies[b"gAMA"]):
        power = 100000 / struct.unpack(">I", bodies[b"gAMA"])[0]
        gamma = gamma if abs(power - 2.2) < 0.01 else (power,)
    if len(bodies.get(b"cHRM", b"")) == 32:
        v = np.array(struct.unpack(">8I", bodies[b"cHRM"])) / 100000
        read = (*((float(v[i]), float(v[i + 1])) for i in (2, 4, 6, 0)),)
        points = points if np.allclose(read, _SRGB, atol=0.002) else read
    return b"" if (gamma, points) == (_SRGB_CURVE, _SRGB) else _made(gamma, points, colours)


def _made(curve: tuple[float, ...], points: tuple[Point, ...], colours: int) -> bytes:
    fixed = [round(number * 65536) for number in curve]
    if colours == 4 or max(fixed) >= 1 << 31 or not all(y > 0 for _, y in points):
        return b""
    kind = 0 if len(curve) == 1 else 3
    packed = struct.pack(f">4sIHH{len(fixed)}i", b"para", 0, kind, 0, *fixed)
    return _profile(packed, points if colours == 3 else None)


def _profile(curve: bytes, points: tuple[Point, ...] | None) -> bytes:
    """Pack a display profile, version 4; grey without primaries."""
    tags = {b"desc": _text("deepgin"), b"cprt": _text("CC0"), b"wtpt": _fixed(b"XYZ ", _D50)}
    space = b"RGB " if points else b"GRAY"
    if points is None:
        tags[b"kTRC"] = curve
    else:
        columns, adapted = _columns(points)
        tags[b"chad"] = _fixed(b"sf32", adapted.ravel())
        for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns.T, strict=True):
            tags[name] = _fixed(b"XYZ ", column)
        tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, data, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, body in tags.items():
        table += struct.pack(">4sII", name, at + len(data), len(body))
        data += body + bytes(-len(body) % 4)
    head = struct.pack(
        ">I4xI4s4s4s12x4s", at + len(data), 0x04200000, b"mntr", space, b"XYZ ", b"acsp"
    )
    return (head + bytes(28) + _fixed(b"XYZ ", _D50)[8:]).ljust(128, b"\0") + table + data


def _columns(points: tuple[Point, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return red, green and blue as XYZ under D50, and how white was brought there."""
    xyz = np.array([[x / y, 1, (1 - x - y) / y] for x, y in points]).T
    white = xyz[:, 3]
    scale = np.linalg.solve(xyz[:, :3], white)
    cones = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    adapted = np.linalg.solve(_BRADFORD, cones[:, None] * _BRADFORD)
    return adapted @ (xyz[:, :3] * scale), adapted


def _fixed(kind: bytes, values: np.ndarray | tuple[float, ...]) -> bytes:
    fixed = [round(float(value) * 65536) for value in values]
    return struct.pack(f">4s4x{len(fixed)}i", kind, *fixed)


def _text(text: str) -> bytes:
    body = text.encode("utf-16-be")
    return struct.pack(">4s4xII2s2sII", b"mluc", 1, 12, b"en", b"US", len(body), 28) + body


def _tag(icc: bytes, name: bytes) -> bytes:
    """Return the body of a profile's tag; nothing if it has none."""
    try:
        for i in range(min(struct.unpack_from(">I", icc, 128)[0], 100)):
            found, at, length = struct.unpack_from(">4sII", icc, 132 + 12 * i)
            if found == name:
                return icc[at : at + length]
    except struct.error:
        pass
    return b""
