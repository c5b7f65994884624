"""Identity providers: tokens and assertions of a provider of the tests' own, exchanged for a role's credentials."""
import base64
import concurrent.futures
import json
import time

import boto3
import botocore
import pytest
from issuer import Issuer
from server import fault

WAITS = 5  # seconds that a provider has for one document


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    made = Issuer(tmp_path_factory.mktemp("issuer"))
    yield made
    made.stop()


def stranger(account):
    """STS for somebody without credentials."""
    return boto3.client("sts", region_name="us-east-1", endpoint_url=account.server.endpoint,
                        config=botocore.config.Config(signature_version=botocore.UNSIGNED, retries={"max_attempts": 0}))


def trust(provider, action="sts:AssumeRoleWithWebIdentity", **condition):
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": action}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Federation:
    """An account that knows the issuer, and the role "lab" that trusts it."""

    def __init__(self, account, issuer, thumbprints=None, **condition):
        self.account, self.issuer, self.iam, self.sts = account, issuer, account.client("iam"), stranger(account)
        self.provider = self.iam.create_open_id_connect_provider(
            Url=issuer.url, ClientIDList=["app"],
            ThumbprintList=[issuer.thumbprint] if thumbprints is None else thumbprints)["OpenIDConnectProviderArn"]
        self.role = self.trusting("lab", trust(self.provider, **condition))

    def trusting(self, name, document):
        return self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]

    def ask(self, token=None, role=None, **terms):
        return {"RoleArn": role or self.role, "RoleSessionName": "tom", "WebIdentityToken": token or self.issuer.token(), **terms}

    def assume(self, *args, **terms):
        return self.sts.assume_role_with_web_identity(**self.ask(*args, **terms))

    def refused(self, *args, **terms):
        return fault(self.sts.assume_role_with_web_identity, **self.ask(*args, **terms))


@pytest.fixture
def federation(account, issuer):
    return Federation(account, issuer)


def signed(account, answer, service="sts"):
    keys = answer["Credentials"]
    return account.server.client(service, key=(keys["AccessKeyId"], keys["SecretAccessKey"]), token=keys["SessionToken"])


# A token is exchanged for credentials of the role; the answer names who and by whom, and the credentials work.
def test_web_identity(federation):
    answer = federation.assume()
    assert answer["SubjectFromWebIdentityToken"] == "student-1"
    assert answer["Provider"] == federation.provider
    assert answer["Audience"] == "app"
    arn = f"arn:aws:sts::{federation.account.id}:assumed-role/lab/tom"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    assert signed(federation.account, answer).get_caller_identity()["Arn"] == arn


# The CLI sends the request unsigned, whatever credentials it has.
def test_web_identity_by_cli(federation):
    done = federation.account.aws("sts", "assume-role-with-web-identity", "--role-arn", federation.role, "--role-session-name", "cli",
                                  "--web-identity-token", federation.issuer.token())
    assert done.status == 0, done.complaint
    assert done.answer["AssumedRoleUser"]["Arn"].endswith("/lab/cli")


# Each kind of signature is verified with the provider's key of that kind.
@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS384", "ES256"])
def test_algorithms(federation, algorithm):
    assert federation.assume(federation.issuer.token(algorithm))["Audience"] == "app"


# What a token must say, and what refuses it otherwise.
@pytest.mark.parametrize("claims, code, text", [
    ({"iss": "https://elsewhere.example.com"}, "InvalidIdentityToken",
     "No OpenIDConnect provider found in your account for https://elsewhere.example.com"),
    ({"aud": "other"}, "InvalidIdentityToken", "Incorrect token audience"),
    ({"aud": ["other", "more"]}, "InvalidIdentityToken", "Incorrect token audience"),
    ({"aud": "app", "azp": "other"}, None, None),
    ({"aud": ["x", "app"]}, None, None),
    ({"aud": "x", "azp": "app"}, None, None),
    ({"aud": ["x", "app"], "azp": "other"}, "InvalidIdentityToken", "Incorrect token audience"),
    ({"sub": None}, "InvalidIdentityToken", "Missing a required claim: sub"),
    ({"exp": None}, "InvalidIdentityToken", "Missing a required claim: exp"),
    ({"iat": None}, "InvalidIdentityToken", "Missing a required claim: iat"),
    ({"aud": None}, "InvalidIdentityToken", "Missing a required claim: aud"),
    ({"iss": None}, "InvalidIdentityToken", "Missing a required claim: iss"),
    ({"exp": 1000000000}, "ExpiredTokenException", "must be before the expiration date/time 1000000000"),
    ({"iat": 4000000000}, "InvalidIdentityToken", "Token was issued in the future"),
    ({"nbf": 4000000000}, "InvalidIdentityToken", "Token is not valid yet"),
])
def test_claims(federation, claims, code, text):
    token = federation.issuer.token(**claims)
    if code is None:
        assert federation.assume(token)
        return
    got = federation.refused(token)
    assert got[:2] == (code, 400)
    assert text in got[2]


# A token that somebody else signed, or that was changed, or that is none, is refused.
def test_forgeries(federation, issuer, tmp_path):
    other = Issuer(tmp_path)
    other.stop()
    assert federation.refused(issuer.token(key=other.keys["RSA"])) == ("InvalidIdentityToken", 400, "Token signature is invalid")
    head, body, signature = issuer.token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["sub"] = "teacher-1"
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    assert federation.refused(f"{head}.{body}.{signature}")[2] == "Token signature is invalid"
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    assert federation.refused(f"{none}.{body}.")[0] == "InvalidIdentityToken"
    assert "not a valid JWT" in federation.refused("an-access-token")[2]


# The trust policy judges with the facts of the token; a role that trusts another provider, or none, refuses as an unknown one does.
def test_trust(federation):
    host = federation.issuer.url.removeprefix("https://")
    only = federation.trusting("only", trust(federation.provider, StringEquals={f"{host}:sub": "student-1", f"{host}:aud": "app"}))
    assert federation.assume(role=only)
    refusal = ("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    assert federation.refused(federation.issuer.token(sub="student-2"), only) == refusal
    other = federation.trusting("other", trust(federation.provider + "2"))
    assert federation.refused(role=other) == refusal
    assert federation.refused(role=federation.role + "-unknown") == refusal
    people = federation.trusting("people", json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": federation.account.id}, "Action": "sts:AssumeRole"}]}))
    assert federation.refused(role=people) == refusal


# Session tags and a source identity of the token need the role's consent, and then belong to the session.
def test_tags(federation):
    claim = {"https://aws.amazon.com/tags": {"principal_tags": {"Team": ["red"]}, "transitive_tag_keys": ["Team"]},
             "https://aws.amazon.com/source_identity": "tom"}
    token = federation.issuer.token(**claim)
    assert federation.refused(token) == ("AccessDenied", 403, "Not authorized to perform sts:TagSession")
    actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"]
    role = federation.trusting("tagged", trust(federation.provider, actions, StringEquals={"aws:RequestTag/Team": "red"}))
    answer = federation.assume(token, role)
    assert answer["SourceIdentity"] == "tom"
    assert answer["PackedPolicySize"] > 0
    flat = {"https://aws.amazon.com/tags/principal_tags/Team": ["red"], "https://aws.amazon.com/tags/transitive_tag_keys": ["Team"]}
    assert federation.assume(federation.issuer.token(**flat), role)
    assert federation.refused(federation.issuer.token(**{"https://aws.amazon.com/source_identity": "a:b"}), role)[0] == "InvalidIdentityToken"


# Sessions last as long as asked for, as long as the role allows.
def test_duration(federation):
    answer = federation.assume(DurationSeconds=900)
    left = answer["Credentials"]["Expiration"].timestamp() - time.time()
    assert 880 < left <= 900
    code, _, text = federation.refused(DurationSeconds=7200)
    assert (code, text) == ("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")


# Keys are fetched once and kept; a key that is not known yet is asked for.
def test_keys_are_kept(account, tmp_path):
    own = Issuer(tmp_path)
    federation = Federation(account, own)
    for _ in range(3):
        federation.assume()
    assert own.asked == ["/realm/.well-known/openid-configuration", "/keys"]
    assert "Couldn't retrieve verification key" in federation.refused(own.token(kid="new"))[2]
    own.stop()
    assert federation.assume()


# Many that wait for one provider share a fetch, and others are answered meanwhile.
def test_waiting_together(account, tmp_path):
    own = Issuer(tmp_path)
    own.delay = 1
    federation = Federation(account, own)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(federation.assume) for _ in range(8)]
        time.sleep(0.5)
        begun = time.monotonic()
        account.client("sts").get_caller_identity()
        assert time.monotonic() - begun < 0.5
        assert all(w.result()["Audience"] == "app" for w in waiting)
    own.stop()
    assert len(own.asked) == 2


# A certificate that no authority issued must be one of the registered thumbprints; a new thumbprint acts at once.
def test_thumbprints(account, issuer):
    federation = Federation(account, issuer, thumbprints=["0" * 40])
    text = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
    assert federation.refused() == ("InvalidIdentityToken", 400, text)
    federation.iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=federation.provider,
                                                              ThumbprintList=[issuer.thumbprint])
    assert federation.assume()


NO_KEY = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"


# A provider that says something else than its keys does not help.
@pytest.mark.parametrize("path, document", [
    ("/realm/.well-known/openid-configuration", None),
    ("/realm/.well-known/openid-configuration", b"<html>"),
    ("/realm/.well-known/openid-configuration", {"issuer": "https://localhost/realm", "jwks_uri": "https://localhost/keys"}),
    ("/keys", None),
    ("/keys", {"keys": "none"}),
    ("/keys", b'{"keys": [' + b" " * 300000 + b"]}"),
])
def test_bad_documents(account, tmp_path, path, document):
    own = Issuer(tmp_path)
    federation = Federation(account, own)
    own.documents[path] = document
    assert federation.refused() == ("InvalidIdentityToken", 400, NO_KEY)
    own.stop()


# Keys on another host than the registered one are not fetched.
def test_keys_elsewhere(account, tmp_path):
    own = Issuer(tmp_path)
    federation = Federation(account, own)
    own.documents["/realm/.well-known/openid-configuration"]["jwks_uri"] = f"https://127.0.0.1:{own.host.split(':')[1]}/keys"
    assert federation.refused()[2] == NO_KEY
    assert own.asked == ["/realm/.well-known/openid-configuration"]
    own.stop()


# A provider that is not there, or does not answer in time, is an error of communication.
def test_unreachable(account, tmp_path):
    own = Issuer(tmp_path)
    federation = Federation(account, own)
    own.delay = WAITS + 1
    begun = time.monotonic()
    assert federation.refused()[:2] == ("IDPCommunicationError", 400)
    assert time.monotonic() - begun < WAITS + 1
    own.stop()
    assert federation.refused()[:2] == ("IDPCommunicationError", 400)


# The provider's own hosts are asked, never guests: their addresses are refused, and so are link-local ones.
@pytest.mark.parametrize("url", ["https://127.43.0.5:4430", "https://169.254.169.254"])
def test_refused_addresses(account, issuer, url):
    iam = account.client("iam")
    provider = iam.create_open_id_connect_provider(Url=url, ClientIDList=["app"], ThumbprintList=[])["OpenIDConnectProviderArn"]
    role = iam.create_role(RoleName="lab", AssumeRolePolicyDocument=trust(provider))["Role"]["Arn"]
    assert fault(stranger(account).assume_role_with_web_identity, RoleArn=role, RoleSessionName="tom",
                 WebIdentityToken=issuer.token(iss=url))[:2] == ("IDPCommunicationError", 400)
    assert f"keys of {provider}: Refused" in (account.server.state / "log").read_text()


# Every operation on OpenID Connect providers.
def test_oidc_providers(account):
    iam = account.client("iam")
    arn = iam.create_open_id_connect_provider(Url="https://idp.example.com/a", ClientIDList=["one"], ThumbprintList=["a" * 40],
                                              Tags=[{"Key": "k", "Value": "v"}])["OpenIDConnectProviderArn"]
    assert arn == f"arn:aws:iam::{account.id}:oidc-provider/idp.example.com/a"
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="two")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="one")
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["b" * 40])
    got = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (got["Url"], got["ClientIDList"], got["ThumbprintList"]) == ("idp.example.com/a", ["two"], ["b" * 40])
    assert got["Tags"] == [{"Key": "k", "Value": "v"}]
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == [{"Arn": arn}]
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
