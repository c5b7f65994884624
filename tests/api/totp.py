"""What an authenticator shows: RFC 6238, 30 seconds, six digits."""
import base64
import hmac
import struct
import time


STEP_S = 30


def _code(seed, step):
    key = base64.b32decode(seed if isinstance(seed, bytes) else seed.encode())
    digest = hmac.digest(key, struct.pack(">Q", step), "sha1")
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 1000000:06}"


def codes(seed):
    """The codes of the step before, of now, and of the next one; now is some seconds from its end, or it is waited for the next."""
    left_s = STEP_S - time.time() % STEP_S
    if left_s < 8:
        time.sleep(left_s + 0.1)
    now = int(time.time()) // STEP_S
    return [_code(seed, now + steps) for steps in (-1, 0, 1)]


def wrong(seed):
    """A code that is none of those near now."""
    now = int(time.time()) // STEP_S
    near = {_code(seed, now + steps) for steps in range(-5, 6)}
    return next(guess for guess in map("{:06}".format, range(20)) if guess not in near)
