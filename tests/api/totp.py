"""What an authenticator shows: RFC 6238, 30 seconds, six digits."""
import base64
import hmac
import struct
import time


def code(seed, steps=0):
    """The code of now, or of some steps before or after."""
    key = base64.b32decode(seed if isinstance(seed, bytes) else seed.encode())
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30 + steps), "sha1")
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 1000000:06}"


def wrong(seed):
    """A code that is none of those near now."""
    near = {code(seed, steps) for steps in range(-5, 6)}
    return next(guess for guess in map("{:06}".format, range(20)) if guess not in near)
