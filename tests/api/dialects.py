"""One request for every service in every protocol that it speaks, made from the service's model, and what each protocol calls the ways in
which a signature may be wrong."""
import json
import pathlib
import re

import wire

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What is wrong, and how each family says so: code and HTTP status.
UNSIGNED, UNKNOWN, FORGED, EXPIRED_REQUEST, EXPIRED_TOKEN = "unsigned", "unknown", "forged", "expired request", "expired token"
EC2 = {UNSIGNED: ("MissingParameter", 400), UNKNOWN: ("AuthFailure", 401), FORGED: ("AuthFailure", 401),
       EXPIRED_REQUEST: ("RequestExpired", 400), EXPIRED_TOKEN: ("RequestExpired", 400)}
QUERY = {UNSIGNED: ("MissingAuthenticationToken", 403), UNKNOWN: ("InvalidClientTokenId", 403), FORGED: ("SignatureDoesNotMatch", 403),
         EXPIRED_REQUEST: ("SignatureDoesNotMatch", 403), EXPIRED_TOKEN: ("ExpiredToken", 403)}


def _json(status):
    return {UNSIGNED: ("MissingAuthenticationTokenException", status), UNKNOWN: ("UnrecognizedClientException", status),
            FORGED: ("InvalidSignatureException", status), EXPIRED_REQUEST: ("InvalidSignatureException", status),
            EXPIRED_TOKEN: ("ExpiredTokenException", status)}


FAULTS = {"ec2": EC2, "query": QUERY, "json": _json(400), "rest-json": _json(403), "smithy-rpc-v2-cbor": _json(400)}
REFUSALS = {code for family in FAULTS.values() for code, _ in family.values()} - {"MissingParameter"}

READS = re.compile("List|Describe|Get|Search")
# Operations that read, take nothing and are everybody's, where the first of the model would not do.
CHOSEN = {"ec2": "DescribeRegions", "sts": "GetCallerIdentity", "iam": "ListUsers", "ssm": "DescribeParameters", "dlm": "GetLifecyclePolicies",
          "ebs": "ListSnapshotBlocks", "account": "GetContactInformation"}


class Dialect:
    """A service in one of its protocols: where its request goes, and what is in it."""

    def __init__(self, name, model, protocol):
        about = model["metadata"]
        self.name, self.protocol, self.faults = name, protocol, FAULTS[protocol]
        self.signing = about.get("signingName", about["endpointPrefix"])
        self.operation = CHOSEN.get(name) or min(model["operations"], key=lambda o: (not READS.match(o), o))
        self.method, self.path, self.headers, self.body = "POST", "/", {"Content-Type": wire.FORM}, b"{}"
        target = f"{about.get('targetPrefix')}.{self.operation}"
        if protocol in ("ec2", "query"):
            self.body = wire.form(self.operation, about["apiVersion"])
        elif protocol == "json":
            self.headers = {"Content-Type": f"application/x-amz-json-{about['jsonVersion']}", "X-Amz-Target": target}
        elif protocol == "rest-json":
            http = model["operations"][self.operation]["http"]
            self.method, self.path = http["method"], re.sub(r"{[^}]*}", "snap-0123456789abcdef0", http["requestUri"])
            self.headers = {"Content-Type": "application/json"}
            self.body = b"" if self.method == "GET" else b"{}"
        else:
            self.path = f"/service/{about['targetPrefix']}/operation/{self.operation}"
            self.headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", "Accept": "application/cbor"}
            self.body = b"\xa0"

    def signed(self, account, **more):
        return wire.signed(account, self.signing, self.body, self.headers, method=self.method, path=self.path, **more)

    def unsigned(self):
        return self.method, self.path, self.body, self.headers


def every_dialect():
    for listed in sorted((ROOT / "api-spec/services").glob("*.json")):
        model = json.loads((ROOT / "api-spec/models" / listed.name).read_text(encoding="utf-8"))
        for protocol in model["metadata"]["protocols"]:
            yield Dialect(listed.stem, model, protocol)
