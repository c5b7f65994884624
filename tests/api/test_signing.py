"""Who may speak: only a right signature of a key that lives, now and unchanged; whatever the service, each in its own words."""
import contextlib
import gzip
import re
import sqlite3

import conftest
import dialects
import pytest
import wire
from dialects import EXPIRED_REQUEST, EXPIRED_TOKEN, FORGED, UNKNOWN, UNSIGNED

IDENTITY = wire.form("GetCallerIdentity", "2011-06-15")
DIALECTS = list(dialects.every_dialect())
NOBODY = ("AKIAABCDEFGHIJKLMNOP", "x" * 40)


@pytest.fixture(params=DIALECTS, ids=[f"{d.name}-{d.protocol}" for d in DIALECTS])
def dialect(request):
    return request.param


@pytest.fixture(params=[d for d in DIALECTS if d.name in ("ec2", "sts", "ssm", "dlm")], ids=lambda d: d.protocol)
def one_a_family(request):
    return request.param


def send(account, dialect, **more):
    return wire.send(account.server, *dialect.signed(account, **more))


def check(answer, dialect, wrong):
    assert (answer.code, answer.status) == dialect.faults[wrong], answer.text
    if dialect.protocol == "smithy-rpc-v2-cbor":
        assert answer.headers["smithy-protocol"] == "rpc-v2-cbor"


def session_of(account, **more):
    """Temporary credentials of the account's root user."""
    made = account.client("sts").get_session_token(**more)["Credentials"]
    return made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]


@pytest.fixture(scope="module")
def expired(tmp_path_factory):
    """An account with a session that has ended: time passes for it in the database of an emulator that is switched off."""
    with contextlib.contextmanager(conftest.opened)(tmp_path_factory.mktemp("expired")) as server:
        account = conftest.Account(server)
        key = session_of(account, DurationSeconds=900)
        server.stop()
        with contextlib.closing(sqlite3.connect(server.state / "groundschool.db")) as db, db:
            assert db.execute("UPDATE sts_session SET expires_ms = expires_ms - 900000 WHERE id = ?", (key[0],)).rowcount == 1
        server.start()
        yield account, key


# --- every service ------------------------------------------------------------------------------------------------------------------

# All services of the specification are asked, in all of their protocols.
def test_all_are_asked():
    assert len({d.name for d in DIALECTS}) >= 22
    assert {d.protocol for d in DIALECTS} == set(dialects.FAULTS)


# A right signature passes, whatever the operation then says; the answer has a request id.
def test_right(account, dialect):
    answer = send(account, dialect)
    assert answer.code not in dialects.REFUSALS, answer.text
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer.headers["x-amzn-RequestId"])


# Temporary credentials pass with their token; IAM alone does not know a root user's without MFA.
def test_right_session(account, dialect):
    answer = send(account, dialect, key=session_of(account))
    if dialect.name == "iam":
        check(answer, dialect, UNKNOWN)
    else:
        assert answer.code not in dialects.REFUSALS, answer.text


# Nobody speaks without a signature.
def test_unsigned(server, dialect):
    check(wire.send(server, *dialect.unsigned()), dialect, UNSIGNED)


# A key that nobody has is refused.
def test_unknown_key(account, dialect):
    check(send(account, dialect, key=NOBODY), dialect, UNKNOWN)


# A wrong secret is refused, and the answer tells nothing of the right one.
def test_forged(account, dialect):
    answer = send(account, dialect, key=(account.key[0], "x" * 40))
    check(answer, dialect, FORGED)
    assert account.key[1] not in answer.text


# A request is good for some minutes: an hour later it is refused, replayed or not.
def test_expired(account, dialect):
    check(send(account, dialect, shift_s=-3600), dialect, EXPIRED_REQUEST)


# Nor may a request be from the future.
def test_early(account, dialect):
    check(send(account, dialect, shift_s=3600), dialect, FORGED)


# A signature is of one body: another body under it is refused.
def test_replayed_with_other_body(account, dialect):
    method, path, body, headers = dialect.signed(account)
    more = b"&Extra=1" if dialect.protocol in ("ec2", "query") else b" "
    check(wire.send(account.server, method, path, body + more, headers), dialect, FORGED)


# A signature is of its query: another query under it is refused.
def test_replayed_with_other_query(account, dialect):
    method, path, body, headers = dialect.signed(account)
    check(wire.send(account.server, method, path + "?Extra=1", body, headers), dialect, FORGED)


# A signature is of its headers: a signed header changed afterwards is refused.
def test_replayed_with_other_header(account, dialect):
    method, path, body, headers = dialect.signed(account)
    stamp = headers["X-Amz-Date"]
    headers["X-Amz-Date"] = stamp[:-2] + ("1Z" if stamp[-2] != "1" else "2Z")
    check(wire.send(account.server, method, path, body, headers), dialect, FORGED)


# A key that was switched off is refused at once, and serves again when it is switched on.
def test_deactivated_key(account, dialect):
    iam = account.client("iam")
    made = iam.create_access_key()["AccessKey"]
    key = made["AccessKeyId"], made["SecretAccessKey"]
    iam.update_access_key(AccessKeyId=key[0], Status="Inactive")
    check(send(account, dialect, key=key), dialect, UNKNOWN)
    iam.update_access_key(AccessKeyId=key[0], Status="Active")
    assert send(account, dialect, key=key).code not in dialects.REFUSALS
    iam.delete_access_key(AccessKeyId=key[0])
    check(send(account, dialect, key=key), dialect, UNKNOWN)


# The token of another account's session does not go with this account's key, nor with no token's key.
def test_foreign_token(account, other, dialect):
    mine, theirs = session_of(account), session_of(other)
    check(send(account, dialect, key=(*mine[:2], theirs[2])), dialect, UNKNOWN)
    check(send(account, dialect, key=(*account.key, theirs[2])), dialect, UNKNOWN)


# The key of a session is nothing without its token.
def test_session_without_token(account, dialect):
    check(send(account, dialect, key=session_of(account)[:2]), dialect, UNKNOWN)


# Temporary credentials end, and it is said that they have ended.
def test_expired_session(expired, dialect):
    account, key = expired
    check(send(account, dialect, key=key), dialect, EXPIRED_TOKEN)


# An account that was removed takes its keys and its sessions with it.
def test_removed_account(account, dialect):
    session = session_of(account)
    assert account.server.admin("DELETE", f"accounts/{account.id}")[0] == 200
    check(send(account, dialect), dialect, UNKNOWN)
    check(send(account, dialect, key=session), dialect, UNKNOWN)


# --- one service a family -----------------------------------------------------------------------------------------------------------

# Some minutes of skew are forgiven, in either direction.
def test_small_skew(account, one_a_family):
    for shift_s in (-240, 240):
        assert send(account, one_a_family, shift_s=shift_s).code not in dialects.REFUSALS


# A request may be repeated as it is while it is young.
def test_replayed_unchanged(account, one_a_family):
    request = one_a_family.signed(account)
    assert wire.send(account.server, *request).code == wire.send(account.server, *request).code
    assert wire.send(account.server, *request).code not in dialects.REFUSALS


# A signature for a region that there is not is refused.
def test_unknown_region(account, one_a_family):
    answer = send(account, one_a_family, region="atlantis-1")
    check(answer, one_a_family, FORGED)
    assert one_a_family.name == "ec2" or "valid region, not 'atlantis-1'" in answer.text


# A reset of an account ends its sessions, and its root key stays.
def test_reset_account(account, one_a_family):
    session = session_of(account)
    assert account.server.admin("POST", f"accounts/{account.id}/reset")[0] == 200
    check(send(account, one_a_family, key=session), one_a_family, UNKNOWN)
    assert send(account, one_a_family).code not in dialects.REFUSALS


# Sessions live on when the emulator is killed and started again.
def test_session_after_restart(fresh):
    made = fresh.client("sts").get_session_token()["Credentials"]
    fresh.kill()
    fresh.start()
    key = made["AccessKeyId"], made["SecretAccessKey"]
    assert fresh.client("sts", key=key, token=made["SessionToken"]).get_caller_identity()["Arn"].endswith(":root")


# --- what belongs to another account ------------------------------------------------------------------------------------------------

# Another account's things are not there: each service says so as of things that do not exist.
@pytest.mark.parametrize("service, call, arguments, code", [
    ("ec2", "describe_security_groups", {"GroupIds": ["sg-0123456789abcdef0"]}, "InvalidGroup.NotFound"),
    ("iam", "get_role", {"RoleName": "theirs"}, "NoSuchEntity"),
    ("iam", "get_policy", {"PolicyArn": "arn:aws:iam::{other}:policy/theirs"}, "NoSuchEntity"),
    ("sts", "assume_role", {"RoleArn": "arn:aws:iam::{other}:role/theirs", "RoleSessionName": "me"}, "AccessDenied"),
])
def test_foreign_resources(account, other, service, call, arguments, code):
    groups = other.client("ec2").describe_security_groups()["SecurityGroups"]
    trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"sts:AssumeRole"}]}' % other.id
    other.client("iam").create_role(RoleName="theirs", AssumeRolePolicyDocument=trust)
    other.client("iam").create_policy(PolicyName="theirs", PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*",'
                                      '"Resource":"*"}]}')
    wanted = {name: value.replace("{other}", other.id) if isinstance(value, str) else [groups[0]["GroupId"]] for name, value in arguments.items()}
    with pytest.raises(account.client(service).exceptions.ClientError) as refused:
        getattr(account.client(service), call)(**wanted)
    assert refused.value.response["Error"]["Code"] == code


# --- other shapes of signatures -----------------------------------------------------------------------------------------------------

# A signature for one service opens no other.
def test_other_service(account):
    answer = wire.send(account.server, *wire.signed(account, "ec2", IDENTITY))
    assert (answer.status, answer.code) == (400, "InvalidAction"), answer.text


# A presigned URL is answered until it expires, and not when its query was changed.
def test_presigned(account):
    query = "Action=GetCallerIdentity&Version=2011-06-15"
    path = wire.presigned(account, "sts", query)
    assert account.id in wire.send(account.server, "GET", path).text
    for changed in (path.replace("X-Amz-Expires=60", "X-Amz-Expires=600"), path + "&Extra=1",
                    path.replace("GetCallerIdentity", "GetSessionToken")):
        answer = wire.send(account.server, "GET", changed)
        assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")


# A presigned URL carries the token of a session.
def test_presigned_session(account):
    query = "Action=GetCallerIdentity&Version=2011-06-15"
    path = wire.presigned(account, "sts", query, key=session_of(account))
    assert account.id in wire.send(account.server, "GET", path).text
    path = wire.presigned(account, "sts", query, key=(*session_of(account)[:2], "another"))
    assert wire.send(account.server, "GET", path).code == "InvalidClientTokenId"


# A header that is no signature says what it lacks.
@pytest.mark.parametrize("header", ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b/c", "AWS4-HMAC-SHA256 Credential=,Signature=,"))
def test_half_a_header(server, header):
    answer = wire.send(server, "POST", "/", IDENTITY, {"Content-Type": wire.FORM, "Authorization": header})
    assert answer.status in (400, 403)
    assert answer.code in ("IncompleteSignature", "InvalidClientTokenId", "SignatureDoesNotMatch"), answer.text


# What a kind of credentials may not do at all it may not do in a compressed body either, which names the operation only when it is opened.
@pytest.mark.parametrize(("service", "body", "code"), [
    ("iam", wire.form("ListUsers", "2010-05-08"), "InvalidClientTokenId"), ("sts", wire.form("GetSessionToken", "2011-06-15"), "AccessDenied")])
def test_compressed(account, service, body, code):
    body = body if isinstance(body, bytes) else body.encode()
    for sent, more in ((body, {}), (gzip.compress(body), {"Content-Encoding": "gzip"})):
        answer = wire.send(account.server, *wire.signed(account, service, sent, {"Content-Type": wire.FORM, **more}, key=session_of(account)))
        assert (answer.code, answer.status) == (code, 403), answer.text
