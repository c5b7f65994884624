"""Who may speak: only a right signature of a known key, in every protocol, now and unchanged."""
import pytest
import wire

IDENTITY = wire.form("GetCallerIdentity", "2011-06-15")
REGIONS = wire.form("DescribeRegions", "2016-11-15")
JSON = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonSSM.GetParameter"}
PARAMETER = b'{"Name":"/aws/service/global-infrastructure/regions/us-east-1"}'
CBOR = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", "Accept": "application/cbor"}
CBOR_PATH = "/service/GraniteServiceVersion20100801/operation/ListMetrics"

# service, path, body, headers, and what its unknown key and wrong signature are called
SERVICES = {
    "ec2": ("ec2", "/", REGIONS, {"Content-Type": wire.FORM}, "AuthFailure", "AuthFailure"),
    "sts": ("sts", "/", IDENTITY, {"Content-Type": wire.FORM}, "InvalidClientTokenId", "SignatureDoesNotMatch"),
    "iam": ("iam", "/", wire.form("ListUsers", "2010-05-08"), {"Content-Type": wire.FORM}, "InvalidClientTokenId",
            "SignatureDoesNotMatch"),
    "ssm": ("ssm", "/", PARAMETER, JSON, "UnrecognizedClientException", "InvalidSignatureException"),
}


@pytest.fixture(params=SERVICES)
def service(request):
    return SERVICES[request.param]


def signed(account, service, **more):
    name, path, body, headers = service[:4]
    return wire.signed(account, name, body, headers, path=path, **more)


# A signed request is answered with a request id that is a UUID.
def test_right(account, service):
    if service[0] == "iam":
        return
    answer = wire.send(account.server, *signed(account, service))
    assert answer.status == 200, answer.text
    assert len(answer.headers["x-amzn-RequestId"]) == 36


# Nobody speaks without a signature, whatever the operation.
def test_unsigned(server, service):
    _, path, body, headers = service[:4]
    answer = wire.send(server, "POST", path, body, headers)
    assert answer.status in (400, 401, 403), answer.text
    assert answer.code in ("MissingAuthenticationToken", "MissingAuthenticationTokenException", "AuthFailure", "MissingParameter")


# A key that nobody has is refused by the service's own code.
def test_unknown_key(account, service):
    answer = wire.send(account.server, *signed(account, service, key=("AKIAABCDEFGHIJKLMNOP", "x" * 40)))
    assert answer.code == service[4], answer.text


# A wrong secret is refused, and the answer tells nothing of the right one.
def test_wrong_secret(account, service):
    answer = wire.send(account.server, *signed(account, service, key=(account.key[0], "x" * 40)))
    assert answer.code == service[5], answer.text
    assert account.key[1] not in answer.text


# A signature is of one body: another body under it is refused.
def test_changed_body(account, service):
    method, path, body, headers = signed(account, service)
    answer = wire.send(account.server, method, path, body + (b" " if body.startswith(b"{") else b"&Extra=1"), headers)
    assert answer.code == service[5], answer.text


# A signature is of its headers: a signed header changed afterwards is refused.
def test_changed_header(account, service):
    method, path, body, headers = signed(account, service)
    stamp = headers["X-Amz-Date"]
    headers["X-Amz-Date"] = stamp[:-2] + ("1Z" if stamp[-2] != "1" else "2Z")
    assert wire.send(account.server, method, path, body, headers).code == service[5]


# A request is good for some minutes before and after its time; an hour is too much on either side.
@pytest.mark.parametrize("shift_s", (-3600, 3600))
def test_clock(account, service, shift_s):
    answer = wire.send(account.server, *signed(account, service, shift_s=shift_s))
    assert answer.status in (400, 401, 403), answer.text
    assert answer.code in ("AuthFailure", "RequestExpired", "SignatureDoesNotMatch", "InvalidSignatureException"), answer.text


# Four minutes of skew are forgiven.
def test_small_skew(account):
    for shift_s in (-240, 240):
        assert wire.send(account.server, *signed(account, SERVICES["sts"], shift_s=shift_s)).status == 200


# A signature for one service opens no other.
def test_other_service(account):
    answer = wire.send(account.server, *wire.signed(account, "ec2", IDENTITY))
    assert answer.status in (400, 403), answer.text


# CBOR is refused in CBOR: the protocol's header is there, and the code in the body.
def test_cbor_unknown_key(account):
    answer = wire.send(account.server, *wire.signed(account, "monitoring", b"\xa0", CBOR, path=CBOR_PATH,
                                                      key=("AKIAABCDEFGHIJKLMNOP", "x" * 40)))
    assert answer.status in (400, 403)
    assert answer.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert b"UnrecognizedClientException" in answer.body or b"InvalidClientTokenId" in answer.body


# A presigned URL is answered until it expires, and not when its query was changed.
def test_presigned(account):
    query = "Action=GetCallerIdentity&Version=2011-06-15"
    path = wire.presigned(account, "sts", query)
    assert account.id in wire.send(account.server, "GET", path).text
    changed = wire.send(account.server, "GET", path.replace("X-Amz-Expires=60", "X-Amz-Expires=600"))
    assert (changed.status, changed.code) == (403, "SignatureDoesNotMatch")
    assert wire.send(account.server, "GET", path + "&Extra=1").status == 403


# A session token that nobody issued is refused, with a right signature too.
def test_session_token(account):
    headers = {"Content-Type": wire.FORM, "X-Amz-Security-Token": "FwoGZXIvYXdzEXAMPLE"}
    answer = wire.send(account.server, *wire.signed(account, "sts", IDENTITY, headers))
    assert (answer.status, answer.code) == (403, "InvalidClientTokenId"), answer.text


# A header that is no signature says what it lacks.
@pytest.mark.parametrize("header", ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b/c", "AWS4-HMAC-SHA256 Credential=,Signature=,"))
def test_half_a_header(server, header):
    answer = wire.send(server, "POST", "/", IDENTITY, {"Content-Type": wire.FORM, "Authorization": header})
    assert answer.status in (400, 403)
    assert answer.code in ("IncompleteSignature", "InvalidClientTokenId", "SignatureDoesNotMatch"), answer.text
