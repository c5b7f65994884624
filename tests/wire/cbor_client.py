"""An RPC v2 CBOR client of our own, for Debian's botocore has none (newer ones are used as well): it varies what an encoder may vary (definite and
indefinite lengths, widths of numbers, chunked strings, unknown members, nulls). Answers are read by cbor2."""

import datetime
import math
import struct

import independent

try:
    import cbor2
except ImportError:
    cbor2 = None

TARGET = "GraniteServiceVersion20100801"


def head(rng, major, number):
    """The shortest head or, now and then, a wider one."""
    widths = [w for w in (0, 1, 2, 4, 8) if number < (24 if w == 0 else 1 << (8 * w))]
    width = widths[0] if rng.random() < 0.8 else rng.choice(widths)
    if width == 0:
        return bytes([major << 5 | number])
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[width]]) + number.to_bytes(width, "big")


def integer(rng, value):
    return head(rng, 0, value) if value >= 0 else head(rng, 1, -1 - value)


def real(rng, value):
    for code, form in ((0xF9, ">e"), (0xFA, ">f")):
        try:
            packed = struct.pack(form, value)
        except OverflowError:
            continue
        back = struct.unpack(form, packed)[0]
        if (back == value or math.isnan(value)) and rng.random() < 0.5:
            return bytes([code]) + packed
    return b"\xfb" + struct.pack(">d", value)


def string(rng, major, data, split):
    if rng.random() < 0.8 or len(data) < 2:
        return head(rng, major, len(data)) + data
    chunks = [data[:split], data[split:]]
    return bytes([major << 5 | 31]) + b"".join(head(rng, major, len(c)) + c for c in chunks) + b"\xff"


def text(rng, value):
    data = value.encode()
    return string(rng, 3, data, len(value[: len(value) // 2].encode()))


def container(rng, major, items, count):
    if rng.random() < 0.5:
        return bytes([major << 5 | 31]) + b"".join(items) + b"\xff"
    return head(rng, major, count) + b"".join(items)


def encoded(rng, shape, value):
    kind = shape.type_name
    if kind == "structure":
        items = [text(rng, n) + encoded(rng, shape.members[n], v) for n, v in value.items()]
        if rng.random() < 0.2:
            items.append(text(rng, "NoSuchMember") + b"\xa1\x61a\x83\x01\xf6\xa1\x61b\x41c")
        for name in shape.members:
            if name not in value and rng.random() < 0.1:
                items.append(text(rng, name) + rng.choice([b"\xf6", b"\xf7"]))
        return container(rng, 5, items, len(items))
    if kind == "list":
        return container(rng, 4, [encoded(rng, shape.member, v) for v in value], len(value))
    if kind == "map":
        items = [text(rng, k) + encoded(rng, shape.value, v) for k, v in value.items()]
        return container(rng, 5, items, len(items))
    return scalar(rng, kind, value)


def scalar(rng, kind, value):
    if kind == "string":
        return text(rng, value)
    if kind == "blob":
        return string(rng, 2, value, len(value) // 2)
    if kind == "boolean":
        return b"\xf5" if value else b"\xf4"
    if kind in ("integer", "long"):
        return integer(rng, value)
    if kind in ("float", "double"):
        whole = math.isfinite(value) and value == int(value) and abs(value) < 2**53
        return integer(rng, int(value)) if whole and rng.random() < 0.5 else real(rng, value)
    ms = independent.epoch_ms(value)
    whole = ms % 1000 == 0 and rng.random() < 0.7
    return b"\xc1" + (integer(rng, ms // 1000) if whole else b"\xfb" + struct.pack(">d", ms / 1000))


def request(rng, operation, params):
    headers = [
        ("Host", "127.0.0.1:4566"),
        ("smithy-protocol", "rpc-v2-cbor"),
        ("Accept", "application/cbor"),
        ("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261124/eu-west-1/monitoring/aws4_request, x"),
    ]
    body = b""
    if operation.input_shape is not None:
        headers.append(("Content-Type", "application/cbor"))
        body = encoded(rng, operation.input_shape, params)
    prefix = rng.choice(["", "/some/prefix"])
    return "POST", f"{prefix}/service/{TARGET}/operation/{operation.name}", "", headers, body


def parsed(answer, shape):
    assert answer["headers"]["smithy-protocol"] == "rpc-v2-cbor"
    if shape is None:
        assert answer["body"] == b"" and "Content-Type" not in answer["headers"]
        return {}
    assert answer["headers"]["Content-Type"] == "application/cbor"
    return to_client(shape, cbor2.loads(answer["body"]))


def to_client(shape, value):
    """cbor2's values in botocore's types, each checked to be what the shape says."""
    kind = shape.type_name
    expected = {
        "structure": dict, "map": dict, "list": list, "string": str, "blob": bytes, "boolean": bool,
        "integer": int, "long": int, "float": float, "double": float, "timestamp": datetime.datetime,
    }[kind]  # fmt: skip
    assert isinstance(value, expected), (shape.name, value)
    if kind == "structure":
        return {n: to_client(shape.members[n], v) for n, v in value.items()}
    if kind == "list":
        return [to_client(shape.member, v) for v in value]
    if kind == "map":
        return {k: to_client(shape.value, v) for k, v in value.items()}
    return value
