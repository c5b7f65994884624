"""Every operation of every model, with random values, there and back: what botocore sends the emulator reads, and what
the emulator answers botocore reads. The seed is printed; WIRE_SEED repeats a run, WIRE_SECONDS bounds it."""

import io
import random
import time

import botocore.parsers
import botocore.serialize
import cbor_client
import independent
from independent import canonical


CBOR = "smithy-rpc-v2-cbor"


def cbor_is_ours(rng, protocol):
    """Newer botocores speak CBOR themselves: then each of the two clients gets half of it."""
    if protocol != CBOR:
        return False
    is_native = CBOR in botocore.parsers.PROTOCOL_PARSERS
    return not is_native or (cbor_client.cbor2 is not None and rng.random() < 0.5)


def scope_of(model):
    return f"eu-west-1/{model.signing_name}"


class RoundTrip(independent.WireCase):
    def rounds(self):
        """(rng, service, protocol, model) again and again until the time is up; each service at least once."""
        print(f"{self.id()} WIRE_SEED={independent.SEED}", flush=True)
        rng = random.Random(independent.SEED)
        start, known = time.monotonic(), list(independent.services())
        for _ in range(8):
            for name, protocol, model in known:
                yield rng, name, protocol, model
            if time.monotonic() - start > independent.SECONDS / 6:
                break

    # Rule: whatever the client serializes for an operation is read back as the same values.
    def test_requests(self):
        count = 0
        for rng, name, protocol, model in self.rounds():
            values = independent.Values(rng, protocol, "input")
            for operation_name in model.operation_names:
                self.request_case(values, name, protocol, model.operation_model(operation_name))
                count += 1
        print(f"{count} requests", flush=True)

    def request_case(self, values, name, protocol, operation):
        shape = operation.input_shape
        params = values.of(shape) if shape is not None else {}
        is_ours = cbor_is_ours(values.rng, protocol)
        if shape is not None and protocol in ("json", "rest-json", CBOR) and not is_ours:
            params = independent.seconds_only(shape, params)
        if is_ours:
            request = cbor_client.request(values.rng, operation, params)
        else:
            serializer = botocore.serialize.create_serializer(protocol, False)
            serialized = serializer.serialize_to_request(params, operation)
            request = independent.prepared(serialized, scope_of(operation.service_model))
        expected = canonical(shape, params) if shape is not None else {}
        if protocol in ("query", "ec2") and shape is not None:
            expected = independent.visible(shape, expected, protocol) or {}
        answer = self.peer.request("parse", *request)
        what = f"{name} {protocol} {operation.name} seed {independent.SEED}\n{request}"
        self.assertNotIn("fault", answer, what)
        self.assertEqual(answer["service"], name, what)
        self.assertEqual(answer["operation"], operation.name, what)
        self.assertEqual(answer["protocol"], protocol, what)
        if protocol == "rest-json" and shape is not None:
            expected = {k: v for k, v in expected.items() if not self.is_unseen(shape, k, v)}
            if shape.serialization.get("payload"): # an empty body is an empty payload
                expected.setdefault(shape.serialization["payload"], "")
        self.assertEqual(answer["input"], expected, what)

    @staticmethod
    def is_unseen(shape, name, value):
        """An empty list in a query string leaves no trace."""
        return shape.members[name].serialization.get("location") == "querystring" and value == []

    # Rule: whatever an operation answers is read by the client as the same values.
    def test_answers(self):
        count = 0
        for rng, name, protocol, model in self.rounds():
            values = independent.Values(rng, protocol, "output")
            for operation_name in model.operation_names:
                operation = model.operation_model(operation_name)
                if not independent.has_event_stream(operation.output_shape):
                    self.answer_case(values, name, protocol, operation)
                    count += 1
        print(f"{count} answers", flush=True)

    def answer_case(self, values, name, protocol, operation):
        shape = operation.output_shape
        output = canonical(shape, values.of(shape)) if shape is not None else {}
        answer = self.peer.ask(
            "reply", service=name, operation=operation.name, protocol=protocol, output=output
        )
        what = f"{name} {protocol} {operation.name} seed {independent.SEED}\n{output}\n{answer}"
        self.assertEqual(answer["status"], operation.http.get("responseCode", 200), what)
        if cbor_is_ours(values.rng, protocol):
            parsed = cbor_client.parsed(answer, shape)
        else:
            body = answer["body"]
            response = {
                "body": io.BytesIO(body) if operation.has_streaming_output else body,
                "headers": answer["headers"],
                "status_code": answer["status"],
            }
            parsed = botocore.parsers.create_parser(protocol).parse(response, shape)
        self.assertTrue(self.request_id(answer, parsed), what)
        if shape is None:
            return
        if protocol == "ec2" and "Return" in shape.members and shape.members["Return"].type_name == "boolean":
            output.setdefault("Return", True)
        parsed.pop("ResponseMetadata", None)
        self.assertEqual(self.drop_unset_payload(shape, canonical(shape, parsed), output), output, what)

    @staticmethod
    def request_id(answer, parsed):
        metadata = parsed.get("ResponseMetadata", {})
        return metadata.get("RequestId") or answer["headers"].get("x-amzn-requestid")

    @staticmethod
    def drop_unset_payload(shape, parsed, output):
        """A body that is a member's own is read as empty when the member is absent."""
        payload = shape.serialization.get("payload")
        if payload and payload not in output and parsed.get(payload) == "":
            parsed.pop(payload)
        return parsed

    # Rule: every modelled fault reaches the client with its code, message, status and members.
    def test_faults(self):
        for rng, name, protocol, model in self.rounds():
            values = independent.Values(rng, protocol, "output")
            for operation_name in model.operation_names:
                for shape in model.operation_model(operation_name).error_shapes:
                    self.fault_case(values, name, protocol, model.operation_model(operation_name), shape)

    def fault_case(self, values, name, protocol, operation, shape):
        code = shape.metadata.get("error", {}).get("code", shape.name)
        text = values.rng.choice(["It is so.", "Value 'x' & \"y\" <z> at ü"])
        members = canonical(shape, values.of(shape))
        members = {k: v for k, v in members.items() if k.lower() not in ("message", "errortype")}
        query_mode = values.rng.random() < 0.5
        answer = self.peer.ask(
            "fault", service=name, operation=operation.name, protocol=protocol,
            code=values.rng.choice([code, shape.name]), text=text, members=members, query_mode=query_mode,
        )  # fmt: skip
        what = f"{name} {protocol} {operation.name} {shape.name} seed {independent.SEED}\n{answer}"
        self.assertGreaterEqual(answer["status"], 400, what)
        if cbor_is_ours(values.rng, protocol):
            body = cbor_client.cbor2.loads(answer["body"])
            self.assertEqual(body["__type"].split("#")[1], shape.name, what)
            self.assertEqual(body.get("message", body.get("Message")), text, what)
            self.assertEqual(answer["headers"]["smithy-protocol"], "rpc-v2-cbor", what)
            return
        response = {"body": answer["body"], "headers": answer["headers"], "status_code": answer["status"]}
        parser = botocore.parsers.create_parser(protocol)
        parsed = dict(parser.parse(response, shape), **parser.parse(response, operation.output_shape))
        old = f"{code};{'Receiver' if answer['status'] >= 500 else 'Sender'}"
        is_old_code = protocol in ("json", CBOR) and name == "cloudwatch" and query_mode
        self.assertEqual(answer["headers"].get("x-amzn-query-error"), old if is_old_code else None, what)
        if name == "cloudwatch" and answer["status"] < 500:
            modelled = shape.metadata["error"]["httpStatusCode"]
            self.assertEqual(answer["status"], 400 if protocol in ("json", CBOR) and not query_mode else modelled, what)
        expected = code if protocol == "query" or is_old_code else shape.name
        self.assertEqual(parsed.get("Error", {}).get("Code"), expected, what)
        self.assertEqual(parsed["Error"]["Message"], text, what)
        for member, value in members.items():
            if member in parsed:
                self.assertEqual(canonical(shape.members[member], parsed[member]), value, what)
