"""Requests made by hand and signed by botocore, which may then be spoilt before they are sent."""
import datetime
import http.client
import json
import re
import urllib.parse

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
import botocore.auth

FORM = "application/x-www-form-urlencoded; charset=utf-8"


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()
        self.text = self.body.decode("utf-8", "replace")

    @property
    def code(self):
        """The fault's code in whatever protocol it came."""
        found = re.search(r"<Code>([^<]*)</Code>", self.text)
        if found:
            return found.group(1)
        try:
            said = json.loads(self.text)
        except ValueError:
            cbor = re.search(rb"__type.{1,3}?([A-Za-z.#_0-9]*Exception|[A-Z][A-Za-z]*)", self.body)
            return cbor.group(1).decode().split("#")[-1] if cbor else self.headers.get("x-amzn-errortype", "")
        return said.get("__type", self.headers.get("x-amzn-errortype", "")).split("#")[-1]


def place(server):
    """Where the server listens: address and port."""
    url = urllib.parse.urlsplit(server.endpoint)
    return url.hostname, url.port


def send(server, method, path, body=b"", headers=None):
    connection = http.client.HTTPConnection(*place(server), timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


class At(SigV4Auth):
    """Signs as if it were another time."""

    def __init__(self, credentials, service, region, shift_s):
        super().__init__(credentials, service, region)
        self.shift = datetime.timedelta(seconds=shift_s)

    def add_auth(self, request):
        real = botocore.auth.datetime.datetime
        shift = self.shift

        class Clock(real):
            @classmethod
            def utcnow(cls):
                return real.utcnow() + shift

        botocore.auth.datetime.datetime = Clock
        try:
            super().add_auth(request)
        finally:
            botocore.auth.datetime.datetime = real


def signed(account, service, body, headers=None, *, method="POST", path="/", region="us-east-1", key=None, shift_s=0):
    """Method, path, body and headers of a signed request."""
    key = key or account.key
    request = AWSRequest(method, f"{account.server.endpoint}{path}", dict(headers or {"Content-Type": FORM}), body)
    At(Credentials(*key), service, region, shift_s).add_auth(request)
    return method, path, body, dict(request.headers)


def form(action, version, **more):
    return urllib.parse.urlencode({"Action": action, "Version": version, **more}).encode()


def presigned(account, service, body_query, expires_s=60, region="us-east-1", key=None):
    """The path of a presigned GET."""
    request = AWSRequest("GET", f"{account.server.endpoint}/?{body_query}")
    SigV4QueryAuth(Credentials(*(key or account.key)), service, region, expires=expires_s).add_auth(request)
    return request.url[len(account.server.endpoint):]
