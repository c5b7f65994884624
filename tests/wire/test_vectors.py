"""Protocol vectors: the bytes themselves, where a client's own reader would not notice a difference, and bad input of
every kind with the fault that each protocol has for it."""

import gzip

import independent

ID = "8e8f3a52-5b3c-4f0e-9f63-6c1d2a3b4c5d"
FORM = "application/x-www-form-urlencoded; charset=utf-8"
VERSIONS = {"ec2": "2016-11-15", "iam": "2010-05-08", "sts": "2011-06-15", "monitoring": "2010-08-01", "elb": ""}


class Vectors(independent.WireCase):
    def parse(self, body=b"", scope=None, query="", method="POST", path="/", **headers):
        named = [(k.replace("_", "-"), v) for k, v in headers.items()]
        if scope:
            named.append(("Authorization", f"AWS4-HMAC-SHA256 Credential=AK/20261124/eu-west-1/{scope}/aws4_request, Signature=0"))
        named.append(("Host", "127.0.0.1:4566"))
        return self.peer.request("parse", method, path, query, named, body if isinstance(body, bytes) else body.encode())

    def form(self, service, action, rest="", **more):
        version = VERSIONS[service]
        return self.parse(f"Action={action}&Version={version}{rest}", service, Content_Type=FORM, **more)

    def reads(self, answer, expected):
        self.assertNotIn("fault", answer)
        self.assertEqual(answer["input"], expected)

    def faults(self, answer, code, text=None, status=400):
        self.assertEqual(answer.get("fault", {}).get("code"), code, answer)
        self.assertEqual(answer["status"], status)
        if text is not None:
            self.assertEqual(answer["fault"]["text"], text)
        return answer

    def answers(self, service, operation, protocol, output, body, **more):
        answer = self.peer.ask("reply", service=service, operation=operation, protocol=protocol, output=output, **more)
        self.assertEqual(answer["body"], body)
        return answer["headers"]

    def fault_answers(self, service, operation, protocol, code, text, status, body, **more):
        answer = self.peer.ask("fault", service=service, operation=operation, protocol=protocol, code=code, text=text, **more)
        self.assertEqual(answer["body"], body)
        self.assertEqual(answer["status"], status)
        return answer["headers"]

    # --- forms --------------------------------------------------------------------------------------

    # Rule: lists may start at 0 or 1, have gaps, come in any order; ten is after nine.
    def test_list_order(self):
        rest = "&InstanceId.10=j&InstanceId.2=b&InstanceId.0=a&InstanceId.9=i"
        self.reads(self.form("ec2", "DescribeInstances", rest), {"InstanceIds": ["a", "b", "i", "j"]})

    # Rule: a space is a plus or %20; an escape in either case is its byte.
    def test_spaces(self):
        rest = "&Filter.1.Name=tag%3AName&Filter.1.Value.1=a+b%20c%2b%2A*"
        expected = {"Filters": [{"Name": "tag:Name", "Values": ["a b c+**"]}]}
        self.reads(self.form("ec2", "DescribeInstances", rest), expected)

    # Rule: the query string and the body are one form; of equal keys the first stands, the query string's before the body's.
    def test_query_and_body(self):
        answer = self.form("ec2", "DescribeInstances", "&MaxResults=7&NextToken=b", query="NextToken=a&DryRun=true")
        self.reads(answer, {"DryRun": True, "MaxResults": 7, "NextToken": "a"})
        answer = self.parse(scope="sts", method="GET", query="Action=GetCallerIdentity&Version=2011-06-15")
        self.assertEqual(answer["operation"], "GetCallerIdentity")

    # Rule: parameters of the signature in the URL are no parameters of the operation.
    def test_signature_parameters(self):
        query = "Action=DescribeRegions&Version=2016-11-15&X-Amz-Algorithm=a&X-Amz-Credential=A%2F1%2Feu-west-1%2Fec2%2Faws4_request&X-Amz-Signature=0"
        answer = self.parse(method="GET", query=query)
        self.assertEqual((answer["operation"], answer["region"], answer["input"]), ("DescribeRegions", "eu-west-1", {}))

    # Rule: ec2 cannot tell an empty list from none, a string it can; query can tell both.
    def test_empty_values(self):
        self.reads(self.form("ec2", "DescribeInstances", "&NextToken=&InstanceId="), {"NextToken": ""})
        self.reads(self.form("iam", "TagUser", "&UserName=&Tags="), {"UserName": "", "Tags": []})

    # Rule: a name that is the beginning of another does not catch it.
    def test_prefixes(self):
        rest = "&ImageId=ami-1&TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=k&TagSpecification.1.Tag.1.Value="
        expected = {"ImageId": "ami-1", "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "k", "Value": ""}]}]}
        self.reads(self.form("ec2", "RunInstances", rest), expected)

    # Rule: EC2 names a parameter it does not know; the query services let it be.
    def test_unknown_parameters(self):
        text = "The parameter {} is not recognized"
        self.faults(self.form("ec2", "DescribeRegions", "&Bogus=1"), "UnknownParameter", text.format("Bogus"))
        nested = self.form("ec2", "DescribeInstances", "&Filter.1.Name=a&Filter.1.Vlaue.1=b")
        self.faults(nested, "UnknownParameter", text.format("Filter.1.Vlaue"))
        self.reads(self.form("iam", "ListUsers", "&Bogus.member.1=1"), {})

    # Rule: text that is no number, boolean, time or Base64 is the client's fault, in the words of its protocol.
    def test_malformed_scalars(self):
        ec2 = self.form("ec2", "DescribeInstances", "&MaxResults=many")
        self.faults(ec2, "InvalidParameterValue", "Value (many) for parameter MaxResults is invalid. Expected an integer.")
        for rest in ("&MaxResults=99999999999", "&MaxResults=1.5", "&DryRun=perhaps", "&Filter=x", "&MaxResults.1=2"):
            self.faults(self.form("ec2", "DescribeInstances", rest), "InvalidParameterValue")
        self.faults(self.form("ec2", "DescribeSpotPriceHistory", "&StartTime=yesterday"), "InvalidParameterValue")
        self.faults(self.form("ec2", "ImportKeyPair", "&PublicKeyMaterial=%25%25"), "InvalidParameterValue")
        self.faults(self.form("iam", "ListUsers", "&MaxItems=x"), "MalformedInput")

    # Rule: a client's own words are shown cut, between characters, and never as broken UTF-8.
    def test_quoted_words(self):
        long = "%C3%BC" * 90
        answer = self.form("ec2", "DescribeInstances", "&MaxResults=" + long)
        text = "Value (" + "\u00fc" * 50 + ") for parameter MaxResults is invalid. Expected an integer."
        self.faults(answer, "InvalidParameterValue", text)
        self.faults(self.form("ec2", long), "InvalidAction", "The action " + "\u00fc" * 50 + " is not valid for this web service.")
        self.faults(self.parse("Action=X&Version=1", "caf\u00fc"), "InvalidAction")

    # Rule: a form that is no urlencoded UTF-8, too deep or too long is refused.
    def test_malformed_forms(self):
        for rest in ("&NextToken=%zz", "&NextToken=%", "&NextToken=%ff", "&NextToken=a%00b", "&a" + ".b" * 40 + "=1", "&a" * 40000):
            self.faults(self.form("ec2", "DescribeInstances", rest), "MalformedQueryString")

    # Rule: EC2 takes every version of its API up to its own; the query services only theirs.
    def test_versions(self):
        body = "Action=DescribeRegions&Version={}"
        self.reads(self.parse(body.format("2014-06-15"), "ec2"), {})
        for version in ("2099-01-01", "latest"):
            text = f"The requested version ({version}) of service AmazonEC2 does not exist"
            self.faults(self.parse(body.format(version), "ec2"), "NoSuchVersion", text)
        self.faults(self.parse("Action=DescribeRegions", "ec2"), "MissingParameter")
        text = "Could not find operation ListUsers for version {}"
        self.faults(self.parse("Action=ListUsers", "iam"), "InvalidAction", text.format("NO_VERSION_SPECIFIED"))
        self.faults(self.parse("Action=ListUsers&Version=2016-11-15", "iam"), "InvalidAction", text.format("2016-11-15"))

    # --- routing ------------------------------------------------------------------------------------

    # Rule: services that share a signing name are told apart by their version.
    def test_shared_signing_name(self):
        for version, service in (("2012-06-01", "elb"), ("2015-12-01", "elbv2")):
            answer = self.parse(f"Action=DescribeLoadBalancers&Version={version}", "elasticloadbalancing")
            self.assertEqual(answer["service"], service)

    # Rule: an unsigned request is known by its action and version, its host or its path.
    def test_unsigned(self):
        body = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=a&RoleSessionName=b&WebIdentityToken=c"
        self.assertEqual(self.parse(body)["service"], "sts")
        answer = self.peer.request("parse", "POST", "/", "", [("Host", "ec2.ap-south-1.amazonaws.com")], b"Action=DescribeRegions&Version=2014-06-15")
        self.assertEqual((answer["service"], answer["region"]), ("ec2", "ap-south-1"))
        self.assertEqual(self.parse(method="GET", path="/snapshots/snap-1/blocks")["operation"], "ListSnapshotBlocks")

    # Rule: whoever asks for an unknown operation or service is told so in the protocol spoken.
    def test_unknown_operations(self):
        self.faults(self.form("ec2", "MakeCoffee"), "InvalidAction", "The action MakeCoffee is not valid for this web service.")
        self.faults(self.form("iam", "MakeCoffee"), "InvalidAction", "Could not find operation MakeCoffee for version 2010-05-08")
        self.faults(self.parse("Version=2010-05-08", "iam"), "MissingAction")
        self.faults(self.parse("Action=X&Version=1", "route53"), "InvalidAction", "No service 'route53' is found at this endpoint")
        for target in ("AmazonSSM.MakeCoffee", "DynamoDB_20120810.ListTables", "nodots"):
            answer = self.faults(self.parse("{}", X_Amz_Target=target, Content_Type="application/x-amz-json-1.1"), "UnknownOperationException")
            self.assertEqual(answer["body"], b'{"__type":"com.amazon.coral.service#UnknownOperationException"}')
            self.assertEqual(answer["headers"]["Content-Type"], "application/x-amz-json-1.1")
        cbor = self.parse(path="/service/GraniteServiceVersion20100801/operation/MakeCoffee", smithy_protocol="rpc-v2-cbor")
        self.faults(cbor, "UnknownOperationException")
        self.assertEqual(cbor["headers"]["smithy-protocol"], "rpc-v2-cbor")

    # Rule: CloudWatch is asked in all three of its protocols, CBOR before the target, the target before the form.
    def test_three_protocols(self):
        path = "/service/GraniteServiceVersion20100801/operation/ListMetrics"
        cbor = self.parse(b"\xa1\x69Namespace\x61x", path=path, smithy_protocol="rpc-v2-cbor", X_Amz_Target="AmazonSSM.GetParameter")
        json = self.parse('{"Namespace":"x"}', scope="monitoring", X_Amz_Target="GraniteServiceVersion20100801.ListMetrics")
        query = self.form("monitoring", "ListMetrics", "&Namespace=x")
        for answer, protocol in ((cbor, "smithy-rpc-v2-cbor"), (json, "json"), (query, "query")):
            self.assertEqual((answer["service"], answer["operation"], answer["protocol"]), ("cloudwatch", "ListMetrics", protocol))
            self.reads(answer, {"Namespace": "x"})

    # Rule: a label of a path is decoded once; a slash inside it is no separator.
    def test_labels(self):
        answer = self.parse(method="GET", path="/tags/arn%3Aaws%3Adlm%3Apolicy%2Fa%252F", scope="dlm")
        self.reads(answer, {"ResourceArn": "arn:aws:dlm:policy/a%2F"})
        self.faults(self.parse(method="GET", path="/tags/%ff", scope="dlm"), "UnknownOperationException", status=404)

    # --- JSON and CBOR ------------------------------------------------------------------------------

    def ssm(self, body, operation="GetParameters"):
        return self.parse(body, X_Amz_Target=f"AmazonSSM.{operation}", Content_Type="application/x-amz-json-1.1")

    # Rule: null is absent, unknown members are passed over, an absent body is an empty structure.
    def test_json_absence(self):
        self.reads(self.ssm('{"Names":["a"],"WithDecryption":null,"Bogus":{"x":[1]}}'), {"Names": ["a"]})
        self.reads(self.ssm(""), {})

    # Rule: values of another type than the shape's are a SerializationException.
    def test_json_types(self):
        code = "SerializationException"
        self.faults(self.ssm('{"Names":"a"}'), code, "STRING_VALUE cannot be converted to List")
        self.faults(self.ssm('{"Names":[1]}'), code, "NUMBER_VALUE cannot be converted to String")
        self.faults(self.ssm('{"Names":[["a"]]}'), code, "Start of list found where not expected.")
        self.faults(self.ssm('{"Names":[{}]}'), code, "Start of structure or map found where not expected.")
        self.faults(self.ssm('{"Names":[null]}'), code)
        self.faults(self.ssm('{"WithDecryption":"true"}'), code, "STRING_VALUE cannot be converted to Boolean")
        self.faults(self.ssm("[]"), code)
        for body in ("{", "{'a':1}", '{"Names":["\\u0000"]}', b'{"Names":["\xff"]}', "[" * 100000, '{"a":1}x'):
            answer = self.faults(self.ssm(body), code)
            self.assertEqual(answer["body"], b'{"__type":"com.amazon.coral.service#SerializationException"}')

    def cbor(self, body, operation="PutMetricData"):
        path = f"/service/GraniteServiceVersion20100801/operation/{operation}"
        return self.parse(body, path=path, smithy_protocol="rpc-v2-cbor")

    # Rule: CBOR that is cut off, nested too deep, of the wrong type or followed by more is refused.
    def test_cbor_malformed(self):
        namespace = b"\x69Namespace"
        for body in (
            b"\xa1", b"\xff", b"\xa1" + namespace, b"\xa1" + namespace + b"\x62x", b"\xa1" + namespace + b"\x01",
            b"\xa1" + namespace + b"\x41x", b"\xa1" + namespace + b"\x61\xff", b"\xa1" + namespace + b"\x61\x00", b"\xa0\xa0", b"\x80", b"\xa1\x01\x01",
            b"\xbb" + b"\xff" * 8, b"\xa1" + namespace + b"\x7b" + b"\xff" * 8, b"\xa1\x61x" + b"\x81" * 5000, b"\xc1" * 5000, b"\xa1" + namespace + b"\x7f\x7f\x61x\xff\xff",
            b"\xbf" + namespace + b"\x61x", b"\xa1" + namespace + b"\x7f\x41x\xff", b"\x1c", b"\xa1\x6aMetricData\x81\xf6",
        ):  # fmt: skip
            self.faults(self.cbor(body), "SerializationException")

    # Rule: an absent body is an empty structure; tags that say nothing to us are passed over; times are read from integers and halves.
    def test_cbor_values(self):
        self.reads(self.cbor(b""), {})
        self.reads(self.cbor(b"\xa1\x69Namespace\xd8\x64\x61x"), {"Namespace": "x"})
        body = b"\xa1\x6aMetricData\x81\xa2\x69Timestamp\xc1\xf9\x3e\x00\x65Value\x3a\x00\x00\x00\x04"
        self.reads(self.cbor(body), {"MetricData": [{"Timestamp": 1500, "Value": -5.0}]})

    # --- compression ---------------------------------------------------------------------------------

    # Rule: a gzip body is opened, in every protocol; one that is broken, cut off or a bomb is refused.
    def test_gzip(self):
        body = b"Action=ListMetrics&Version=2010-08-01&Namespace=x"
        packed = gzip.compress(body)
        for encoding in ("gzip", "x,gzip", "GZIP"):
            self.reads(self.parse(packed, "monitoring", Content_Encoding=encoding), {"Namespace": "x"})
        json = self.parse(gzip.compress(b'{"Namespace":"x"}'), X_Amz_Target="GraniteServiceVersion20100801.ListMetrics", Content_Encoding="gzip")
        self.reads(json, {"Namespace": "x"})
        bomb = gzip.compress(body + b"&x=" + b"0" * (1 << 20))
        for broken in (body, packed[:-9], packed + b"x", bomb, b""):
            self.faults(self.parse(broken, "monitoring", Content_Encoding="gzip"), "MalformedQueryString")
        unknown = gzip.compress(b"Action=MakeCoffee&Version=2010-08-01")
        self.faults(self.parse(unknown, "monitoring", Content_Encoding="gzip"), "InvalidAction")

    # --- answers -------------------------------------------------------------------------------------

    # Rule: an EC2 answer has the namespace with a slash, the request id first, its members inline, empty sets closed at once.
    def test_ec2_answer(self):
        output = {"Reservations": [{"Instances": [], "OwnerId": "a<b>&\"'\r\x01"}], "NextToken": ""}
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>{ID}</requestId>'
            "<nextToken/><reservationSet><item><ownerId>a&lt;b&gt;&amp;\"'&#xD;\ufffd</ownerId><instancesSet/></item></reservationSet>"
            "</DescribeInstancesResponse>"
        ).encode()
        headers = self.answers("ec2", "DescribeInstances", "ec2", output, body)
        self.assertEqual(headers["Content-Type"], "text/xml;charset=UTF-8")
        self.assertEqual(headers["x-amzn-requestid"], ID)

    # Rule: an EC2 operation without an output says true, and so does one whose output is only that.
    def test_ec2_return(self):
        for operation in ("DeleteVpc", "AuthorizeSecurityGroupEgress"):
            body = (
                '<?xml version="1.0" encoding="UTF-8"?>\n'
                f'<{operation}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>{ID}</requestId><return>true</return></{operation}Response>'
            ).encode()
            self.answers("ec2", operation, "ec2", {}, body)

    # Rule: EC2's times have milliseconds.
    def test_ec2_time(self):
        answer = self.peer.ask("reply", service="ec2", operation="CreateVolume", protocol="ec2", output={"CreateTime": 1767225600007})
        self.assertIn(b"<createTime>2026-01-01T00:00:00.007Z</createTime>", answer["body"])

    # Rule: a query answer wraps its members in a result, which is there also when it is empty, and has no XML declaration.
    def test_query_answer(self):
        metadata = f"<ResponseMetadata><RequestId>{ID}</RequestId></ResponseMetadata>"
        ns = "https://iam.amazonaws.com/doc/2010-05-08/"
        body = f'<ListUsersResponse xmlns="{ns}"><ListUsersResult><Users/></ListUsersResult>{metadata}</ListUsersResponse>'
        headers = self.answers("iam", "ListUsers", "query", {"Users": []}, body.encode())
        self.assertEqual(headers["Content-Type"], "text/xml")
        body = f'<ListUsersResponse xmlns="{ns}"><ListUsersResult></ListUsersResult>{metadata}</ListUsersResponse>'
        self.answers("iam", "ListUsers", "query", {}, body.encode())
        body = f'<DeleteUserResponse xmlns="{ns}">{metadata}</DeleteUserResponse>'
        self.answers("iam", "DeleteUser", "query", {}, body.encode())

    # Rule: JSON times are epoch seconds, with a fraction only where there is one, unless the model wants ISO 8601; text is escaped.
    def test_json_answer(self):
        output = {"Parameter": {"Name": "a\"\\\n\x01\u00fc", "LastModifiedDate": 1767225600000, "Version": 3}}
        body = '{"Parameter":{"Name":"a\\"\\\\\\n\\u0001\u00fc","Version":3,"LastModifiedDate":1767225600}}'.encode()
        headers = self.answers("ssm", "GetParameter", "json", output, body)
        self.assertEqual(headers["Content-Type"], "application/x-amz-json-1.1")
        body = b'{"Parameter":{"LastModifiedDate":1767225600.007}}'
        self.answers("ssm", "GetParameter", "json", {"Parameter": {"LastModifiedDate": 1767225600007}}, body)
        headers = self.answers("cloudwatch", "DeleteAlarms", "json", {}, b"{}")
        self.assertEqual(headers["Content-Type"], "application/x-amz-json-1.0")
        iso = b'{"accountCreatedDate":"2026-01-01T00:00:00.000Z"}'
        answer = self.peer.ask("reply", service="account", operation="GetAccountInformation", protocol="rest-json", output={"AccountCreatedDate": 1767225600000})
        self.assertIn(iso[1:-1].lower(), answer["body"].lower())

    # Rule: a CBOR operation without output has no body and no type, an empty output is an empty map.
    def test_cbor_answer(self):
        headers = self.answers("cloudwatch", "DeleteAlarms", "smithy-rpc-v2-cbor", {}, b"")
        self.assertEqual((headers.get("Content-Type"), headers["smithy-protocol"]), (None, "rpc-v2-cbor"))
        headers = self.answers("cloudwatch", "ListMetrics", "smithy-rpc-v2-cbor", {}, b"\xa0")
        self.assertEqual(headers["Content-Type"], "application/cbor")

    # Rule: EC2's faults have no namespace and a RequestID of their own spelling; their statuses are the service's list.
    def test_ec2_fault(self):
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>InvalidInstanceID.Malformed</Code>'
            f'<Message>Invalid id: "foobar"</Message></Error></Errors><RequestID>{ID}</RequestID></Response>'
        )
        self.fault_answers("ec2", "DescribeInstances", "ec2", "InvalidInstanceID.Malformed", 'Invalid id: "foobar"', 400, body.encode())
        for code, status in (("AuthFailure", 401), ("UnauthorizedOperation", 403), ("DryRunOperation", 412), ("InternalError", 500), ("RequestLimitExceeded", 503)):
            answer = self.peer.ask("fault", service="ec2", operation="DescribeInstances", protocol="ec2", code=code, text="x")
            self.assertEqual(answer["status"], status)

    # Rule: a query fault says whose it is, and has no message where the service has none.
    def test_query_fault(self):
        ns = "https://iam.amazonaws.com/doc/2010-05-08/"
        for code, status, kind in (("NoSuchEntity", 404, "Sender"), ("ServiceFailure", 500, "Receiver")):
            body = f'<ErrorResponse xmlns="{ns}"><Error><Type>{kind}</Type><Code>{code}</Code></Error><RequestId>{ID}</RequestId></ErrorResponse>'
            self.fault_answers("iam", "GetUser", "query", code, "", status, body.encode())

    # Rule: JSON 1.0 names the service of a fault, JSON 1.1 does not; the framework's own faults have its names.
    def test_json_fault(self):
        body = b'{"__type":"ParameterNotFound","message":"no"}'
        self.fault_answers("ssm", "GetParameter", "json", "ParameterNotFound", "no", 400, body)
        body = b'{"__type":"com.amazon.coral.validate#ValidationException","message":"no"}'
        self.fault_answers("ec2-instance-connect", "SendSSHPublicKey", "json", "ValidationException", "no", 400, body)
        body = b'{"__type":"com.amazonaws.cloudwatch.v2010_08_01#ResourceNotFound"}'
        self.fault_answers("cloudwatch", "SetAlarmState", "json", "ResourceNotFound", "", 400, body)
        headers = self.fault_answers("cloudwatch", "SetAlarmState", "json", "ResourceNotFound", "", 404, body, query_mode=True)
        self.assertEqual(headers["x-amzn-query-error"], "ResourceNotFound;Sender")
