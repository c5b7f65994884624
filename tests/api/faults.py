"""What a test says of a refusal: its code, its HTTP status and words of its text."""
import contextlib

import botocore.exceptions


@contextlib.contextmanager
def refused(code, text="", status=None):
    try:
        yield
    except botocore.exceptions.ClientError as error:
        answer = error.response
        assert answer["Error"]["Code"] == code, answer
        assert text in answer["Error"].get("Message", ""), answer
        if status is not None:
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == status, answer
    else:
        raise AssertionError(f"accepted, though {code} was due")
