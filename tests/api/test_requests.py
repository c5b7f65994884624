"""Who may ask, and how refusals look in each protocol."""
import datetime
import re
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from server import KEY, SECRET, fault


def signed(server, service="ec2", body="Action=DescribeRegions&Version=2016-11-15", when=None, change=None, headers=None, secret=SECRET):
    """Signs a request as botocore does, at a time of our choice, and sends it after `change` had its way with it."""
    request = botocore.awsrequest.AWSRequest("POST", server.endpoint + "/", data=body,
                                             headers=headers or {"Content-Type": "application/x-www-form-urlencoded"})
    auth = botocore.auth.SigV4Auth(botocore.credentials.Credentials(KEY, secret), service, "us-east-1")
    stamp = (when or datetime.datetime.utcnow()).strftime("%Y%m%dT%H%M%SZ")
    request.context["timestamp"] = stamp
    request.headers["X-Amz-Date"] = stamp
    request.headers["Authorization"] = ", ".join([
        f"{auth.credentials and 'AWS4-HMAC-SHA256'} Credential={auth.scope(request)}",
        f"SignedHeaders={auth.signed_headers(auth.headers_to_sign(request))}",
        f"Signature={auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)}"])
    sent = {"body": body, "headers": dict(request.headers.items())}
    if change:
        change(sent)
    return server.http("POST", "/", sent["body"].encode(), sent["headers"], token=None)


def test_a_signed_request_is_answered(server):
    """The helper itself makes good requests, so that what follows is refused for its own reason."""
    assert signed(server)[0] == 200


def test_unsigned_requests_are_refused_in_every_protocol(server):
    """No signature, no answer: EC2, query, JSON and CBOR each say so in their own way."""
    for headers, body, word in (
            ({"Content-Type": "application/x-www-form-urlencoded"}, b"Action=DescribeRegions&Version=2016-11-15", "parameter AWSAccessKeyId"),
            ({"Content-Type": "application/x-www-form-urlencoded"}, b"Action=ListUsers&Version=2010-05-08", "MissingAuthenticationToken"),
            ({"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonSSM.GetParameter"}, b"{}", "MissingAuthenticationTokenException")):
        status, text = server.http("POST", "/", body, headers, token=None)
        assert status in (400, 401, 403) and re.search(word, text), (status, text)


@pytest.mark.parametrize("key", [("AKIANOBODYNOBODYNOBO", SECRET), (KEY, "wrong")])
def test_unknown_keys_and_wrong_secrets_are_refused(server, key):
    """An unknown key and a wrong secret are refused whatever the operation, with each family's own code."""
    assert fault(server.client("ec2", key=key).describe_regions)[:2] == ("AuthFailure", 401)
    code = "InvalidClientTokenId" if key[0] != KEY else "SignatureDoesNotMatch"
    assert fault(server.client("sts", key=key).get_caller_identity)[:2] == (code, 403)
    assert fault(server.client("iam", key=key).list_users)[:2] == (code, 403)
    code = "UnrecognizedClientException" if key[0] != KEY else "InvalidSignatureException"
    assert fault(server.client("ssm", key=key).get_parameter, Name="x")[:2] == (code, 400)


def test_a_session_token_on_a_long_term_key_is_refused(server):
    """A long-term key takes no session token."""
    assert fault(server.client("sts", token="invented").get_caller_identity)[0] == "InvalidClientTokenId"


def test_old_and_early_requests_are_refused(server):
    """A request is good for some minutes around its time."""
    now = datetime.datetime.utcnow()
    for minutes in (-30, 30):
        status, text = signed(server, when=now + datetime.timedelta(minutes=minutes))
        assert status in (400, 401, 403) and ("RequestExpired" in text or "AuthFailure" in text), text
        status, text = signed(server, "iam", "Action=ListUsers&Version=2010-05-08", when=now + datetime.timedelta(minutes=minutes))
        assert status == 403 and "Signature expired" in text or "Signature not yet current" in text, text


def test_changed_requests_are_refused(server):
    """What was signed may not change: neither body nor signed header."""
    def other_body(sent):
        sent["body"] = sent["body"].replace("Regions", "Images")

    def other_date(sent):
        sent["headers"]["X-Amz-Date"] = sent["headers"]["X-Amz-Date"][:-2] + ("1Z" if sent["headers"]["X-Amz-Date"][-2] != "1" else "2Z")

    for change in (other_body, other_date):
        status, text = signed(server, change=change)
        assert status == 401 and "AuthFailure" in text, text


def test_presigned_addresses_work_until_they_expire(server):
    """A presigned address is as good as a header, for as long as it says."""
    sts = server.client("sts")
    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    status, text = server.http("GET", url[len(server.endpoint):], token=None)
    assert status == 200 and "<GetCallerIdentityResult>" in text
    status, text = server.http("GET", url[len(server.endpoint):].replace("GetCallerIdentity", "GetSessionToken"), token=None)
    assert status == 403 and "SignatureDoesNotMatch" in text


def test_unknown_operations_get_a_fault_of_their_protocol(server):
    """Never 404 or 500, never silence: an unknown action is named by each protocol's own code."""
    status, text = signed(server, body="Action=Nonsense&Version=2016-11-15")
    assert status == 400 and "<Code>InvalidAction</Code>" in text and "<RequestID>" in text
    status, text = signed(server, "iam", "Action=Nonsense&Version=2010-05-08")
    assert status == 400 and "<Code>InvalidAction</Code>" in text
    status, text = signed(server, "ssm", "{}", headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonSSM.Nonsense"})
    assert status == 400 and "UnknownOperationException" in text


def test_operations_not_carried_out_say_so(server):
    """A known operation that is not implemented is refused with a proper fault, in each protocol."""
    assert fault(server.client("ec2").create_vpc, CidrBlock="10.0.0.0/16")[:2] == ("UnsupportedOperation", 400)
    assert fault(server.client("iam").list_users)[:2] == ("UnsupportedOperation", 400)
    assert fault(server.client("logs").describe_log_groups)[0] == "UnsupportedOperationException"
    assert fault(server.client("dlm").get_lifecycle_policies)[0] == "UnsupportedOperationException"
    assert fault(server.client("cloudwatch").list_metrics)[0].startswith("UnsupportedOperation")


def test_required_parameters_and_broken_bodies(server):
    """What is missing or broken is refused before anything is done."""
    status, text = signed(server, body="Action=TerminateInstances&Version=2016-11-15")
    assert status == 400 and "MissingParameter" in text and "InstanceId" in text
    status, text = signed(server, body="Action=DescribeInstances&Version=2016-11-15&MaxResults=many")
    assert status == 400 and "InvalidParameterValue" in text
    status, text = signed(server, "ssm", "{broken", headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonSSM.GetParameter"})
    assert status == 400 and "SerializationException" in text
    status, text = signed(server, "ssm", "{}", headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonSSM.GetParameter"})
    assert status == 400 and "ValidationException" in text


def test_requests_by_get(server):
    """The query protocols may also be asked by GET, with everything in the address."""
    url = server.client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")
    assert urllib.parse.parse_qs(urllib.parse.urlparse(url).query)["Action"] == ["GetCallerIdentity"]
    assert server.http("GET", url[len(server.endpoint):], token=None)[0] == 200


def test_every_request_is_one_line_in_the_log_and_secrets_are_in_none(server):
    """The log names request id, account, action, result and duration; the secret is never in it."""
    answer = server.client("sts").get_caller_identity()
    line = [l for l in open(server.state / "log", encoding="utf-8") if answer["ResponseMetadata"]["RequestId"] in l]
    assert len(line) == 1 and re.search(r"\d{12} us-east-1 sts:GetCallerIdentity 200 ok \d+\.\d{3} ms", line[0])
    assert SECRET not in open(server.state / "log", encoding="utf-8").read()
