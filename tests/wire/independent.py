"""The independent client: Debian's botocore on this project's own models, and random values for their shapes.

Canonical values (what the emulator's handlers see) are made from botocore's here, by rules of their own, so that the two
sides agree only if both are right.
"""

import base64
import calendar
import datetime
import glob
import json
import math
import os
import random
import subprocess
import unittest

import botocore.awsrequest
import botocore.model
import botocore.parsers
import botocore.serialize

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = os.path.join(HERE, "..", "..", "api-spec", "models")
SECONDS = float(os.environ.get("WIRE_SECONDS", "60"))
SEED = int(os.environ.get("WIRE_SEED", random.SystemRandom().randrange(1 << 32)))
UTC = datetime.timezone.utc
SCALARS = ("string", "integer", "long", "float", "double", "boolean", "timestamp", "blob", "character")


class Peer:
    """The wire layer in its own process: a question and an answer are a line each."""

    def __init__(self):
        self.process = subprocess.Popen(
            [os.environ["WIRE_PEER"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, do, **question):
        self.process.stdin.write(json.dumps(dict(question, do=do)).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the peer died on {do} {question} (exit {self.process.wait()})")
        answer = json.loads(line)
        if "body" in answer:
            answer["body"] = base64.b64decode(answer["body"])
            answer["headers"] = botocore.awsrequest.HeadersDict(dict(answer["headers"]))
        return answer

    def request(self, do, method, path, query, headers, body, **more):
        return self.ask(
            do,
            method=method,
            path=path,
            query=query,
            headers=[[name, value] for name, value in headers],
            body=base64.b64encode(body).decode(),
            **more,
        )

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()


class WireCase(unittest.TestCase):
    """A test with a peer of its own, which must end well."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.peer = Peer()

    @classmethod
    def tearDownClass(cls):
        assert cls.peer.close() == 0


def services():
    """(name, protocol, botocore's service model): one for each protocol a service speaks."""
    for path in sorted(glob.glob(os.path.join(MODELS, "*.json"))):
        with open(path, encoding="utf-8") as file:
            model = json.load(file)
        name = os.path.basename(path)[: -len(".json")]
        metadata = model["metadata"]
        for protocol in metadata.get("protocols", [metadata["protocol"]]):
            adapted = dict(model, metadata=dict(metadata, protocol=protocol))
            adapted["metadata"].setdefault("jsonVersion", "1.1")
            yield name, protocol, botocore.model.ServiceModel(adapted, name)


def has_event_stream(shape, seen=()):
    if shape is None or shape.name in seen:
        return False
    if shape.type_name == "structure":
        if getattr(shape, "is_eventstream", False) or shape.serialization.get("eventstream"):
            return True
        return any(has_event_stream(m, seen + (shape.name,)) for m in shape.members.values())
    return False


# --- random values -----------------------------------------------------------------------------------

TEXTS = [
    "", "a", "i-0123456789abcdef0", "tag:Name", "a b", "a+b", "a%20b", "x=y&z=1", "<b>&amp;\"'</b>", "ünïcödé",
    "\u65e5\u672c\u8a9e", "\U0001f600", "line\nbreak", "tab\tstop", "back\\slash", "a.b.c", "member.1", "true", "0", "-1",
    "*?*", "~!@#$^()_+-[]{}|;:,./", "  padded  ",
]  # fmt: skip


class Values:
    """Random values of shapes, in botocore's types. `form` narrows what a protocol cannot carry."""

    def __init__(self, rng, protocol, direction):
        self.rng, self.protocol, self.direction = rng, protocol, direction

    def of(self, shape, depth=0):
        return getattr(self, "of_" + shape.type_name)(shape, depth)

    def of_structure(self, shape, depth):
        names = list(shape.members)
        if getattr(shape, "is_tagged_union", False):
            names = [self.rng.choice(names)]
        else:
            share = (0.9, 0.6, 0.5, 0.4, 0.2, 0.1)[min(depth, 5)]
            names = [n for n in names if self.rng.random() < share]
        value = {}
        for name in names:
            member = shape.members[name]
            if depth > 6 and member.type_name not in SCALARS and not getattr(shape, "is_tagged_union", False):
                continue
            value[name] = self.member(member, depth)
        for name, member in shape.members.items():
            if member.serialization.get("location") == "uri":
                value[name] = self.member(member, depth)
        return value

    def member(self, member, depth):
        location = member.serialization.get("location")
        if location in ("header", "uri") and member.type_name == "string":
            return self.rng.choice(["abc", "x-1", "a,b", 'q"q', "vol/1", "a%b", "a b"])
        if location == "querystring" and member.type_name == "list":
            return [self.of(member.member, depth + 1) for _ in range(self.rng.randrange(1, 4))]
        return self.of(member, depth + 1)

    def of_list(self, shape, depth):
        if depth > 8:
            return []
        count = self.rng.choice([0, 1, 1, 2, 3, 12 if shape.member.type_name in SCALARS else 2])
        return [self.of(shape.member, depth + 1) for _ in range(count)]

    def of_map(self, shape, depth):
        count = 0 if depth > 8 else self.rng.choice([0, 1, 2])
        return {self.key(shape.key): self.of(shape.value, depth + 1) for _ in range(count)}

    def key(self, shape):
        return self.of_string(shape, 0) or "k"

    def of_string(self, shape, _depth):
        if shape.metadata.get("enum") and self.rng.random() < 0.7:
            return self.rng.choice(shape.metadata["enum"])
        return self.rng.choice(TEXTS)

    def of_character(self, _shape, _depth):
        return self.rng.choice("abc")

    def of_integer(self, _shape, _depth):
        return self.rng.choice([0, 1, -1, 8, 65535, 2**31 - 1, -(2**31), self.rng.randrange(1000)])

    def of_long(self, _shape, _depth):
        return self.rng.choice([0, 1, -5, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)])

    def of_double(self, _shape, _depth):
        values = [0.0, 1.5, -2.25, 0.1, 1e21, 1e-7, 123456789.123, 1 / 3, 5e-324, 1.7976931348623157e308]
        if self.direction == "output" or self.protocol == "smithy-rpc-v2-cbor":
            values += [math.inf, -math.inf, math.nan]
        return self.rng.choice(values)

    def of_float(self, _shape, _depth):
        return self.rng.choice([0.0, 1.5, -2.25, 1024.0])

    def of_boolean(self, _shape, _depth):
        return self.rng.random() < 0.5

    def of_timestamp(self, shape, _depth):
        when = datetime.datetime.fromtimestamp(self.rng.randrange(0, 4102444800), UTC)
        return when.replace(microsecond=self.rng.choice([0, 0, 123000, 7000, 999000]))

    def of_blob(self, _shape, _depth):
        return self.rng.choice([b"", b"\x00\xff", b"abc", bytes(range(256))])


# --- canonical values ------------------------------------------------------------------------------------


def epoch_ms(when):
    return calendar.timegm(when.utctimetuple()) * 1000 + when.microsecond // 1000


def canonical(shape, value):
    kind = shape.type_name
    if kind == "structure":
        return {n: canonical(shape.members[n], v) for n, v in value.items() if n in shape.members and v is not None}
    if kind == "list":
        return [canonical(shape.member, v) for v in value]
    if kind == "map":
        return {k: canonical(shape.value, v) for k, v in value.items()}
    if kind == "timestamp":
        return epoch_ms(value)
    if kind == "blob":
        return base64.b64encode(value if isinstance(value, bytes) else value.read()).decode()
    if kind in ("double", "float") and not isinstance(value, str) and (math.isnan(value) or math.isinf(value)):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def visible(shape, value, protocol):
    """What of a value a form can show, or None: ec2 has no empty lists, neither has empty structures or maps."""
    kind = shape.type_name
    if kind == "structure":
        members = {n: visible(shape.members[n], v, protocol) for n, v in value.items()}
        members = {n: v for n, v in members.items() if v is not None}
        return members or None
    if kind == "list":
        elements = [visible(shape.member, v, protocol) for v in value]
        elements = [e for e in elements if e is not None]
        return elements if elements or (protocol == "query" and not value) else None
    if kind == "map":
        entries = {k: visible(shape.value, v, protocol) for k, v in value.items()}
        return {k: v for k, v in entries.items() if v is not None} if entries else None
    return value


def seconds_only(shape, value):
    """botocore writes epoch and HTTP times in whole seconds."""
    kind = shape.type_name
    if kind == "structure":
        return {n: seconds_only(shape.members[n], v) for n, v in value.items()}
    if kind == "list":
        return [seconds_only(shape.member, v) for v in value]
    if kind == "map":
        return {k: seconds_only(shape.value, v) for k, v in value.items()}
    return value.replace(microsecond=0) if kind == "timestamp" else value


def prepared(serialized, scope):
    """botocore's serialized request as it goes over the wire: method, path, query, headers, body."""
    botocore.awsrequest.prepare_request_dict(serialized, endpoint_url="http://127.0.0.1:4566")
    request = botocore.awsrequest.create_request_object(serialized).prepare()
    target = request.url[len("http://127.0.0.1:4566") :]
    path, _, query = target.partition("?")
    headers = [(k, v.decode() if isinstance(v, bytes) else str(v)) for k, v in request.headers.items()]
    headers.append(("Host", "127.0.0.1:4566"))
    headers.append(("Authorization", f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261124/{scope}/aws4_request, x"))
    body = request.body
    if hasattr(body, "read"):
        body = body.read()
    body = body.encode() if isinstance(body, str) else bytes(body or b"")
    return request.method, path or "/", query, headers, body
