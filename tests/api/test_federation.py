"""Identity providers: tokens and assertions of a provider of the tests' own, exchanged for a role's credentials."""
import base64
import concurrent.futures
import hashlib
import json
import re
import time
import urllib.parse

import boto3
import botocore
import pytest
import wire
from cryptography.hazmat.primitives.asymmetric import rsa
from issuer import Issuer, pem
from saml import ATTRIBUTES, SIGN_IN, Saml
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
    own.delay = 3
    federation = Federation(account, own)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(federation.assume) for _ in range(8)]
        while not own.asked:
            time.sleep(0.05)
        account.client("sts").get_caller_identity()
        assert not any(w.done() for w in waiting)
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


# Without thumbprints the server's own is taken, as on AWS; a server that is not there has none.
def test_thumbprint_learned(account, issuer):
    iam = account.client("iam")

    def create(url):
        form = urllib.parse.urlencode({"Action": "CreateOpenIDConnectProvider", "Version": "2010-05-08", "Url": url,
                                       "ClientIDList.member.1": "app"})
        answer = wire.send(account.server, *wire.signed(account, "iam", form.encode()))
        assert answer.status == 200, answer.text
        arn = re.search("<OpenIDConnectProviderArn>([^<]+)<", answer.text).group(1)
        return arn, iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ThumbprintList"]

    provider, thumbprints = create(issuer.url)
    assert thumbprints == [issuer.thumbprint]
    role = iam.create_role(RoleName="lab", AssumeRolePolicyDocument=trust(provider))["Role"]["Arn"]
    assert stranger(account).assume_role_with_web_identity(RoleArn=role, RoleSessionName="tom", WebIdentityToken=issuer.token())
    assert create("https://localhost:1")[1] == []


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
    assert f"{provider}: Refused" in (account.server.state / "log").read_text()


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


# --- SAML ------------------------------------------------------------------------------------------------------------------------------


class Assertions:
    """An account with the SAML provider "campus", and the role "lab" that trusts it."""

    def __init__(self, account, folder, **condition):
        self.account, self.idp, self.iam, self.sts = account, Saml(folder), account.client("iam"), stranger(account)
        self.provider = self.iam.create_saml_provider(Name="campus", SAMLMetadataDocument=self.idp.metadata())["SAMLProviderArn"]
        self.role = self.trusting("lab", **condition)

    def trusting(self, name, action="sts:AssumeRoleWithSAML", **condition):
        return self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(self.provider, action, **condition))["Role"]["Arn"]

    def attributes(self, **more):
        given = {"Role": [f"{self.role},{self.provider}"], "RoleSessionName": ["tom"], **more}
        return {ATTRIBUTES + name: values for name, values in given.items() if values is not None}

    def ask(self, response=None, attributes=None, terms=None, **request):
        response = response or self.idp.response(self.attributes(**(attributes or {})), **(terms or {}))
        return {"RoleArn": self.role, "PrincipalArn": self.provider, "SAMLAssertion": response, **request}

    def assume(self, *args, **kwargs):
        return self.sts.assume_role_with_saml(**self.ask(*args, **kwargs))

    def refused(self, *args, **kwargs):
        return fault(self.sts.assume_role_with_saml, **self.ask(*args, **kwargs))


@pytest.fixture
def campus(account, tmp_path):
    return Assertions(account, tmp_path)


# A signed assertion is exchanged for credentials of the role; the answer says who, by whom, and the hash that names the provider.
def test_saml(campus):
    answer = campus.assume()
    assert (answer["Subject"], answer["SubjectType"]) == ("student-1", "persistent")
    assert (answer["Issuer"], answer["Audience"]) == (campus.idp.entity, SIGN_IN)
    named = hashlib.sha1(f"{campus.idp.entity}{campus.account.id}/campus".encode()).digest()
    assert answer["NameQualifier"] == base64.b64encode(named).decode()
    arn = f"arn:aws:sts::{campus.account.id}:assumed-role/lab/tom"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    assert signed(campus.account, answer).get_caller_identity()["Arn"] == arn


# Within its time a response may be used again, as on AWS; the CLI sends it unsigned.
def test_saml_again_by_cli(campus):
    ask = campus.ask()
    for _ in range(2):
        done = campus.account.aws("sts", "assume-role-with-saml", "--role-arn", ask["RoleArn"], "--principal-arn", ask["PrincipalArn"],
                                  "--saml-assertion", ask["SAMLAssertion"])
        assert done.status == 0, done.complaint


# For whom, by whom and when a response is, is looked at.
@pytest.mark.parametrize("terms, code, text", [
    ({"issuer": "https://other"}, "InvalidIdentityToken", "Issuer not present in specified provider"),
    ({"audience": "https://elsewhere"}, "InvalidIdentityToken", "Response does not contain the required audience."),
    ({"audience": "https://signin.aws.amazon.com.evil.example/saml"}, "InvalidIdentityToken",
     "Response does not contain the required audience."),
    ({"audience": "urn:amazon:webservices"}, None, None),
    ({"recipient": "https://elsewhere/saml"}, "InvalidIdentityToken", "Response does not contain the required recipient."),
    ({"recipient": "https://eu-west-1.signin.aws.amazon.com/saml"}, None, None),
    ({"recipient": "https://signin.aws.amazon.com/static/saml"}, None, None),
    ({"recipient": "https://signin.aws.amazon.com/saml/acs/SAMLSPOTHER"}, "InvalidIdentityToken",
     "Response does not contain the required recipient."),
    ({"recipient": "http://localhost:4566/saml"}, None, None),
    ({"issued": -301, "lasts": 3600}, "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance"),
    ({"issued": -60, "lasts": 30}, "ExpiredTokenException", "Response has expired"),
    ({"session": -1}, "ExpiredTokenException", "Response has expired"),
    ({"issued": 600}, "InvalidIdentityToken", "Response is not valid yet"),
])
def test_saml_terms(campus, terms, code, text):
    if code is None:
        assert campus.assume(terms=terms)
    else:
        assert campus.refused(terms=terms) == (code, 400, text)


# AWS's attributes: the pair of role and provider, the session's name.
@pytest.mark.parametrize("attributes, code, text", [
    ({"Role": None}, "InvalidIdentityToken", "Role is required in AuthnResponse"),
    ({"Role": ["arn:aws:iam::123456789012:role/lab,x"]}, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML"),
    ({"RoleSessionName": None}, "InvalidIdentityToken", "RoleSessionName is required in AuthnResponse"),
    ({"RoleSessionName": ["a b"]}, "InvalidIdentityToken", "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"),
    ({"SessionDuration": ["60"]}, "InvalidIdentityToken", "SessionDuration in AuthnResponse must be between 900 and 43200"),
    ({"SourceIdentity": ["aws:x"]}, "InvalidIdentityToken",
     'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"'),
])
def test_saml_attributes(campus, attributes, code, text):
    got = campus.refused(attributes=attributes)
    assert (got[0], got[2]) == (code, text)


# Either order of the pair will do, and white space around it.
def test_saml_pair(campus):
    assert campus.assume(attributes={"Role": ["x,y", f" {campus.provider} ,\n{campus.role}"]})


# What the provider did not sign is refused.
def test_saml_forgeries(campus, tmp_path):
    text = base64.b64decode(campus.ask()["SAMLAssertion"]).replace(b">student-1<", b">teacher-1<")
    forged = ("InvalidIdentityToken", 400, "Response signature invalid")
    assert campus.refused(base64.b64encode(text).decode()) == forged
    (tmp_path / "other").mkdir()
    assert campus.refused(Saml(tmp_path / "other").response(campus.attributes())) == forged
    assert campus.refused("bm90IFhNTA==") == ("InvalidIdentityToken", 400, "Invalid base64 SAMLResponse")
    assert campus.refused(PrincipalArn=campus.provider + "2")[2] == "Specified provider doesn't exist."


# The trust policy judges by what the assertion says; tags and source identity need its consent.
def test_saml_trust(campus):
    campus.role = campus.trusting("staff", StringEquals={
        "saml:aud": SIGN_IN, "saml:iss": campus.idp.entity, "saml:sub": "student-1", "saml:sub_type": "persistent",
        "saml:doc": f"{campus.account.id}/campus", "saml:edupersonaffiliation": "staff"})
    attributes = campus.attributes()
    assert campus.refused(campus.idp.response(attributes)) == ("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithSAML")
    attributes["urn:oid:1.3.6.1.4.1.5923.1.1.1.1"] = ["staff"]
    assert campus.assume(campus.idp.response(attributes))
    attributes[ATTRIBUTES + "PrincipalTag:Team"] = ["red"]
    attributes[ATTRIBUTES + "TransitiveTagKeys"] = ["Team"]
    attributes[ATTRIBUTES + "SourceIdentity"] = ["tom"]
    assert campus.refused(campus.idp.response(attributes)) == ("AccessDenied", 403, "Not authorized to perform sts:TagSession")
    campus.role = campus.trusting("tagged", ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"])
    attributes.update(campus.attributes())
    assert campus.assume(campus.idp.response(attributes))["SourceIdentity"] == "tom"


# The session ends with the provider's own, or when asked, whichever is first.
def test_saml_duration(campus):
    def lasts(**ask):
        return campus.assume(**ask)["Credentials"]["Expiration"].timestamp() - time.time()
    assert 3580 < lasts() <= 3600
    assert 880 < lasts(DurationSeconds=900) <= 900
    assert 1180 < lasts(terms={"session": 1200}) <= 1200
    assert campus.refused(DurationSeconds=7200)[0] == "ValidationError"


# An encrypted assertion is opened with the provider's private key; where encryption is required, one in clear is refused.
def test_saml_encryption(campus):
    key = rsa.generate_private_key(65537, 2048)
    assert campus.refused(terms={"encrypt_for": key})[2] == "The assertion could not be decrypted"
    campus.iam.update_saml_provider(SAMLProviderArn=campus.provider, SAMLMetadataDocument=campus.idp.metadata())
    answer = wire_update(campus, AddPrivateKey=pem(key).decode(), AssertionEncryptionMode="Required")
    assert answer.status == 200, answer.text
    assert campus.assume(terms={"encrypt_for": key})
    assert campus.refused()[2] == "The assertion must be encrypted"


def wire_update(campus, **members):
    """UpdateSAMLProvider with members that Debian's boto3 does not know."""
    form = {"Action": "UpdateSAMLProvider", "Version": "2010-05-08", "SAMLProviderArn": campus.provider, **members}
    return wire.send(campus.account.server, *wire.signed(campus.account, "iam", urllib.parse.urlencode(form).encode()))


# Every operation on SAML providers.
def test_saml_providers(account, tmp_path):
    iam, idp = account.client("iam"), Saml(tmp_path)
    arn = iam.create_saml_provider(Name="campus", SAMLMetadataDocument=idp.metadata("2030-01-01T00:00:00Z"),
                                   Tags=[{"Key": "k", "Value": "v"}])["SAMLProviderArn"]
    assert arn == f"arn:aws:iam::{account.id}:saml-provider/campus"
    got = iam.get_saml_provider(SAMLProviderArn=arn)
    assert got["SAMLMetadataDocument"] == idp.metadata("2030-01-01T00:00:00Z")
    assert got["ValidUntil"].isoformat() == "2030-01-01T00:00:00+00:00"
    listed = iam.list_saml_providers()["SAMLProviderList"]
    assert [(p["Arn"], p["ValidUntil"]) for p in listed] == [(arn, got["ValidUntil"])]
    assert iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=idp.metadata())["SAMLProviderArn"] == arn
    assert iam.get_saml_provider(SAMLProviderArn=arn)["ValidUntil"].year > 2100
    assert fault(iam.create_saml_provider, Name="other", SAMLMetadataDocument="x" * 1000) == ("InvalidInput", 400, "Could not parse metadata.")
    iam.delete_saml_provider(SAMLProviderArn=arn)
    assert fault(iam.get_saml_provider, SAMLProviderArn=arn)[0] == "NoSuchEntity"
