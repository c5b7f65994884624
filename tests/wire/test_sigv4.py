"""Signatures made by Debian's botocore, judged by the emulator: true ones pass, and whatever is changed afterwards is found."""

import datetime
import gzip
import random
import unittest.mock

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions

import independent

NOW = datetime.datetime(2026, 11, 24, 5, 40, 0)
NOW_MS = independent.epoch_ms(NOW.replace(tzinfo=independent.UTC))
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
HOST = "127.0.0.1:4566"


class FixedTime(datetime.datetime):
    @classmethod
    def utcnow(cls):
        return NOW


class Signatures(independent.WireCase):
    def setUp(self):
        if hasattr(botocore.auth, "get_current_datetime"):
            patch = unittest.mock.patch("botocore.auth.get_current_datetime", lambda *_args, **_named: NOW)
        else:
            patch = unittest.mock.patch("botocore.auth.datetime.datetime", FixedTime)
        patch.start()
        self.addCleanup(patch.stop)
        self.keys = {
            "AKIDEXAMPLE": {"secret": SECRET},
            "AKIDOFF": {"secret": SECRET, "disabled": True},
            "ASIAEXAMPLE": {"secret": SECRET, "token": "tok en/+=", "expires_ms": NOW_MS + 60000},
        }

    def signed(self, service="iam", key="AKIDEXAMPLE", token=None, secret=SECRET, presign=None, region="us-east-1", **request):
        """(method, path, query, headers, body) as botocore signs it."""
        request = {"method": "POST", "target": "/", "data": b"", "headers": {}, **request}
        aws = botocore.awsrequest.AWSRequest(
            method=request["method"], url=f"http://{HOST}{request['target']}",
            data=request["data"], headers=request["headers"],
        )  # fmt: skip
        credentials = botocore.credentials.Credentials(key, secret, token)
        if presign:
            botocore.auth.SigV4QueryAuth(credentials, service, region, presign).add_auth(aws)
        else:
            botocore.auth.SigV4Auth(credentials, service, region).add_auth(aws)
        prepared = aws.prepare()
        path, _, query = prepared.url[len(f"http://{HOST}") :].partition("?")
        headers = [(k, v.decode() if isinstance(v, bytes) else v) for k, v in prepared.headers.items()]
        body = prepared.body or b""
        return prepared.method, path, query, headers + [("Host", HOST)], body if isinstance(body, bytes) else body.encode()

    def judge(self, signed, now_ms=NOW_MS):
        return self.peer.request("verify", *signed, now_ms=now_ms, keys=self.keys)

    def passes(self, signed, **more):
        answer = self.judge(signed, **more)
        self.assertNotIn("fault", answer, signed)
        return answer

    def refused(self, signed, code, text=None, status=None, **more):
        answer = self.judge(signed, **more)
        self.assertEqual(answer.get("fault", {}).get("code"), code, (signed, answer))
        if text is not None:
            self.assertEqual(answer["fault"]["text"], text)
        if status is not None:
            self.assertEqual(answer["status"], status, answer)
        return answer

    def form(self, **parameters):
        parameters = {"Action": "ListUsers", "Version": "2010-05-08", **parameters}
        return {"data": parameters}

    # Rule: a request signed with the key's secret passes, in every protocol.
    def test_true_signatures_pass(self):
        json_headers = {"X-Amz-Target": "AmazonSSM.GetParameter", "Content-Type": "application/x-amz-json-1.1"}
        cases = [
            dict(service="iam", **self.form()),
            dict(service="ec2", data={"Action": "DescribeRegions", "Version": "2016-11-15"}),
            dict(service="ssm", data=b'{"Name":"x"}', headers=json_headers),
            dict(service="dlm", method="GET", target="/policies?policyIds=b&policyIds=a&state="),
            dict(service="sts", method="GET", target="/?Action=GetCallerIdentity&Version=2011-06-15"),
        ]
        for case in cases:
            answer = self.passes(self.signed(**case))
            self.assertEqual(answer, {"access_key_id": "AKIDEXAMPLE", "is_presigned": False})

    # Rule: paths and queries are signed as they stand on the wire, whatever characters they hold.
    def test_odd_characters(self):
        rng = random.Random(independent.SEED)
        encoded = ["a", "%20", "%3A", "%2F", "%25", "~", "-", ".", "_", "%C3%BC", "%2A", "%27", "%3D"]
        pieces = encoded + ["*", "'", "(", "%7E", "%c3%bc", "="] # in a path a client may spell these as it likes
        for _ in range(200):
            name = "".join(rng.choice(pieces) for _ in range(rng.randrange(1, 6)))
            value = "".join(rng.choice(encoded) for _ in range(rng.randrange(0, 6)))
            if name.strip(".") == "":
                continue
            target = f"/tags/{name}?tagKeys={value}&tagKeys=b&x={value}a"
            self.passes(self.signed(service="dlm", method="DELETE", target=target))

    # Rule: headers are signed trimmed, inner spaces folded; a header of ours that changes breaks the signature.
    def test_headers(self):
        signed = self.signed(headers={"X-Custom": "  a   b  c "}, **self.form())
        self.passes(signed)
        method, path, query, headers, body = signed
        changed = [(k, "a b d" if k == "X-Custom" else v) for k, v in headers]
        self.refused((method, path, query, changed, body), "SignatureDoesNotMatch", status=403)

    # Rule: a compressed body is signed as it is sent.
    def test_gzip(self):
        body = gzip.compress(b"Action=PutMetricData&Version=2010-08-01&Namespace=x" + b"&Pad=" + b"y" * 12000)
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/x-www-form-urlencoded"}
        signed = self.signed(service="monitoring", data=body, headers=headers)
        self.passes(signed)
        answer = self.peer.request("parse", *signed)
        self.assertEqual((answer["operation"], answer["input"]), ("PutMetricData", {"Namespace": "x"}))
        self.refused(signed[:4] + (body[:-1] + b"\x01",), "SignatureDoesNotMatch", status=403)

    # Rule: a body, path, query, method or signature changed after signing is refused with AWS's words.
    def test_changes_are_found(self):
        method, path, query, headers, body = self.signed(
            service="ssm", data=b"{}", target="/?a=b",
            headers={"X-Amz-Target": "AmazonSSM.GetParameter", "Content-Type": "application/x-amz-json-1.1"},
        )  # fmt: skip
        flipped = [(k, v[:-1] + ("0" if v[-1] != "0" else "1") if k == "Authorization" else v) for k, v in headers]
        for change in (
            (method, path, query, headers, b'{"Name":"y"}'),
            (method, "/x", query, headers, body),
            (method, path, "a=c", headers, body),
            ("GET", path, query, headers, body),
            (method, path, query, flipped, body),
            (method, path, query, [(k, "evil" if k == "Host" else v) for k, v in headers], body),
        ):
            answer = self.refused(change, "InvalidSignatureException", status=400)
            start = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'"
            self.assertTrue(answer["fault"]["text"].startswith(start + change[0] + "\n"), answer)
            self.assertIn("The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20261124T054000Z\n", answer["fault"]["text"])

    # Rule: presigned URLs pass until they expire, and not with a query or method that was not signed.
    def test_presigned(self):
        target = "/?Action=GetCallerIdentity&Version=2011-06-15"
        signed = self.signed(service="sts", method="GET", target=target, presign=900)
        self.assertTrue(self.passes(signed)["is_presigned"])
        self.passes(signed, now_ms=NOW_MS + 900000)
        self.refused(
            signed, "SignatureDoesNotMatch", status=403, now_ms=NOW_MS + 901000,
            text="Signature expired: 20261124T054000Z is now earlier than 20261124T054001Z (20261124T055501Z - 15 min.)",
        )  # fmt: skip
        method, path, query, headers, body = signed
        self.refused((method, path, query + "&x=y", headers, body), "SignatureDoesNotMatch", status=403)
        self.refused(("POST", path, query, headers, body), "SignatureDoesNotMatch", status=403)
        self.refused((method, path, query, headers, b"DurationSeconds=1"), "SignatureDoesNotMatch", status=403)
        for bad in ("0", "604801", "x", "-1"):
            changed = query.replace("X-Amz-Expires=900", f"X-Amz-Expires={bad}")
            self.refused((method, path, changed, headers, body), "IncompleteSignature", status=400)

    # Rule: presigned URLs carry a session token too, any characters in it.
    def test_presigned_with_token(self):
        target = "/?Action=GetCallerIdentity&Version=2011-06-15"
        signed = self.signed(service="sts", key="ASIAEXAMPLE", token="tok en/+=", method="GET", target=target, presign=60)
        self.passes(signed)

    # Rule: temporary keys need their own token and end with it; long-term keys take none.
    def test_session_tokens(self):
        invalid = "The security token included in the request is invalid"
        expired = "The security token included in the request is expired"
        temporary = dict(key="ASIAEXAMPLE", **self.form())
        self.passes(self.signed(token="tok en/+=", **temporary))
        self.refused(self.signed(token="other", **temporary), "InvalidClientTokenId", invalid, 403)
        self.refused(self.signed(**temporary), "InvalidClientTokenId", invalid, 403)
        self.refused(self.signed(token="tok", **self.form()), "InvalidClientTokenId", invalid, 403)
        late = NOW_MS + 60000
        self.refused(self.signed(token="tok en/+=", **temporary), "ExpiredToken", expired, 403, now_ms=late)
        ec2 = dict(service="ec2", key="ASIAEXAMPLE", data={"Action": "DescribeRegions", "Version": "2016-11-15"})
        self.refused(self.signed(token="tok en/+=", **ec2), "RequestExpired", "Request has expired.", 400, now_ms=late)

    # Rule: unknown and switched-off keys are refused alike.
    def test_unknown_keys(self):
        text = "The security token included in the request is invalid."
        failure = "AWS was not able to validate the provided access credentials"
        for key in ("AKIDNOBODY", "AKIDOFF"):
            self.refused(self.signed(key=key, **self.form()), "InvalidClientTokenId", text, 403)
            ec2 = dict(service="ec2", data={"Action": "DescribeRegions", "Version": "2016-11-15"})
            self.refused(self.signed(key=key, **ec2), "AuthFailure", failure, 401)
            ssm = dict(service="ssm", headers={"X-Amz-Target": "AmazonSSM.GetParameter"})
            self.refused(self.signed(key=key, **ssm), "UnrecognizedClientException", text, 400)

    # Rule: a clock may be off by five minutes, with STS by fifteen, in either direction.
    def test_skew(self):
        for service, action, version, minutes in (("iam", "ListUsers", "2010-05-08", 5), ("sts", "GetCallerIdentity", "2011-06-15", 15)):
            signed = self.signed(service=service, data={"Action": action, "Version": version})
            for side in (1, -1):
                self.passes(signed, now_ms=NOW_MS + side * minutes * 60000)
                self.refused(signed, "SignatureDoesNotMatch", status=403, now_ms=NOW_MS + side * (minutes * 60000 + 1000))
        signed = self.signed(**self.form())
        self.refused(
            signed, "SignatureDoesNotMatch", now_ms=NOW_MS + 360000,
            text="Signature expired: 20261124T054000Z is now earlier than 20261124T054100Z (20261124T054600Z - 5 min.)",
        )  # fmt: skip
        self.refused(
            signed, "SignatureDoesNotMatch", now_ms=NOW_MS - 360000,
            text="Signature not yet current: 20261124T054000Z is still later than 20261124T053900Z (20261124T053400Z + 5 min.)",
        )  # fmt: skip
        ec2 = self.signed(service="ec2", data={"Action": "DescribeRegions", "Version": "2016-11-15"})
        self.refused(ec2, "RequestExpired", "Request has expired.", 400, now_ms=NOW_MS + 360000)
        self.refused(ec2, "AuthFailure", status=401, now_ms=NOW_MS - 360000)

    def edited(self, edit, **case):
        """A signed request whose Authorization header was edited."""
        method, path, query, headers, body = self.signed(**(case or self.form()))
        headers = [(k, edit(v) if k == "Authorization" else v) for k, v in headers]
        return method, path, query, [(k, v) for k, v in headers if v is not None], body

    # Rule: the checks of a header come in AWS's order, with AWS's texts.
    def test_header_texts(self):
        refused, edited = self.refused, self.edited
        method, path, query, headers, body = self.signed(**self.form())
        refused(
            (method, path, "X-Amz-Algorithm=AWS4-HMAC-SHA256", headers, body), "SignatureDoesNotMatch",
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.", 403,
        )  # fmt: skip
        missing = "Request is missing Authentication Token"
        unsigned = (method, path, query, [("Host", "iam.amazonaws.com")], body)
        refused(unsigned, "MissingAuthenticationToken", missing, 403)
        refused(edited(lambda v: v.replace("AWS4-HMAC", "Basic")), "MissingAuthenticationToken", missing, 403)
        refused(
            edited(lambda v: v.replace("Signature=", "Sig=").replace("SignedHeaders=", "Hdrs=")), "IncompleteSignature", status=400,
            text="Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization="
            + dict(headers)["Authorization"].replace("Signature=", "Sig=").replace("SignedHeaders=", "Hdrs="),
        )  # fmt: skip
        undated = (method, path, query, [h for h in headers if h[0] != "X-Amz-Date"], body)
        refused(undated, "IncompleteSignature", "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=" + dict(headers)["Authorization"])
        misdated = (method, path, query, [(k, "201" if k == "X-Amz-Date" else v) for k, v in headers], body)
        refused(misdated, "IncompleteSignature", "Date must be in ISO-8601 'basic format'. Got '201'. See http://en.wikipedia.org/wiki/ISO_8601", 400)
        refused(edited(lambda v: v.replace("host;", "")), "SignatureDoesNotMatch", "'Host' must be a 'SignedHeader' in the AWS Authorization.", 403)
        refused(edited(lambda v: v.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512")), "IncompleteSignature", "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512' (only AWS4-HMAC-SHA256 for now).", 400)
        refused(
            edited(lambda v: v.replace("/aws4_request", "")), "IncompleteSignature", status=400,
            text="Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIDEXAMPLE/20261124/us-east-1/iam'",
        )  # fmt: skip
        refused(
            edited(lambda v: v.replace("/20261124/us-east-1/iam/aws4_request", "/b/c/iam/e")), "SignatureDoesNotMatch", status=403,
            text="Credential should be scoped to a valid region, not 'c'. Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. "
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: 'b' != '20261124', from '20261124T054000Z'.",
        )  # fmt: skip
        refused(
            self.signed(service="iam", data=b"{}", headers={"X-Amz-Target": "AmazonSSM.GetParameter"}), "InvalidSignatureException",
            "Credential should be scoped to correct service: 'ssm'.", 400,
        )  # fmt: skip

    # Rule: the date of a request may be that of its Date header, in the form HTTP has for it.
    def test_date_header(self):
        signed = self.signed(headers={"Date": "set by the signer"}, **self.form())
        self.assertNotIn("X-Amz-Date", dict(signed[3]))
        self.passes(signed)
        self.refused(signed, "SignatureDoesNotMatch", now_ms=NOW_MS + 360000)

    # Rule: a presigned URL that lacks a part is told which.
    def test_query_texts(self):
        target = "/?Action=GetCallerIdentity&Version=2011-06-15"
        method, path, query, headers, body = self.signed(service="sts", method="GET", target=target, presign=60)
        kept = "&".join(p for p in query.split("&") if not p.startswith(("X-Amz-Signature", "X-Amz-Date")))
        self.refused(
            (method, path, kept, headers, body), "IncompleteSignature", status=400,
            text="AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.",
        )  # fmt: skip

    # Rule: EC2 says one thing of whatever is wrong with a signature, and asks an unsigned request for its key id.
    def test_ec2_texts(self):
        case = dict(service="ec2", data={"Action": "DescribeRegions", "Version": "2016-11-15"})
        failure = "AWS was not able to validate the provided access credentials"
        for edit in (
            lambda v: v.replace("host;", ""),
            lambda v: v.replace("AWS4-HMAC-SHA256", "AWS4-X"),
            lambda v: v.replace("us-east-1", "mars-1"),
            lambda v: v[:-4] + "0000",
        ):
            self.refused(self.edited(edit, **case), "AuthFailure", failure, 401)
        method, path, query, headers, body = self.signed(**case)
        unsigned = (method, path, query, [("Host", HOST)], body)
        self.refused(unsigned, "MissingParameter", "The request must contain the parameter AWSAccessKeyId", 400)

    # Rule: an unsigned payload is a matter of the operations that allow it; elsewhere a hash must be the body's own.
    def test_payload_hash(self):
        import botocore.auth as auth

        block = "/snapshots/snap-1/blocks/3"
        headers = {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD", "x-amz-Data-Length": "3"}
        with unittest.mock.patch.object(auth.SigV4Auth, "payload", lambda self, request: "UNSIGNED-PAYLOAD"):
            signed = self.signed(service="ebs", method="PUT", target=block, data=b"abc", headers=headers)
            self.passes(signed)
            other = self.signed(headers=headers, **self.form())
        self.refused(other, "SignatureDoesNotMatch", status=403)
        lying = {"X-Amz-Content-SHA256": "0" * 64}
        with unittest.mock.patch.object(auth.SigV4Auth, "payload", lambda self, request: "0" * 64):
            lied = self.signed(headers=lying, **self.form())
        self.refused(lied, "SignatureDoesNotMatch", status=403)

    # Rule: a secret that was changed does not pass with the signing key of the old one.
    def test_secret_change(self):
        signed = self.signed(**self.form())
        self.passes(signed)
        self.keys["AKIDEXAMPLE"] = {"secret": "new"}
        self.refused(signed, "SignatureDoesNotMatch")
        self.passes(self.signed(secret="new", **self.form()))
