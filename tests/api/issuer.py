"""An OpenID Connect provider of the tests' own: HTTPS on a random port of localhost, with a certificate that no authority issued."""
import contextlib
import datetime
import hashlib
import http.server
import json
import ssl
import threading
import time

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ALGORITHMS = {"RS256": "RSA", "RS512": "RSA", "PS384": "RSA", "ES256": "EC"}


def certify(key, name, days=1):
    """A certificate of `key` signed by itself."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.utcnow()
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).sign(key, hashes.SHA256()))


def pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def number(value, size):
    return jwt.utils.base64url_encode(value.to_bytes(size, "big")).decode()


class Issuer:
    """`documents` are what it answers by path; `delay` seconds later."""

    def __init__(self, folder, path="/realm"):
        self.keys = {"RSA": rsa.generate_private_key(65537, 2048), "EC": ec.generate_private_key(ec.SECP256R1())}
        key = rsa.generate_private_key(65537, 2048)
        certificate = certify(key, "localhost")
        self.thumbprint = hashlib.sha1(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()
        file = folder / "issuer.pem"
        file.write_bytes(pem(key) + certificate.public_bytes(serialization.Encoding.PEM))
        self.asked, self.delay = [], 0
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.host = f"localhost:{self.server.server_address[1]}"
        self.url = f"https://{self.host}{path}"
        self.documents = {path + "/.well-known/openid-configuration": {"issuer": self.url, "jwks_uri": f"https://{self.host}/keys"},
                          "/keys": {"keys": self.public()}}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def public(self):
        """The key set; a key's id is its kind."""
        modulus, point = self.keys["RSA"].public_key().public_numbers(), self.keys["EC"].public_key().public_numbers()
        return [{"kid": "RSA", "kty": "RSA", "use": "sig", "n": number(modulus.n, 256), "e": number(modulus.e, 3)},
                {"kid": "EC", "kty": "EC", "use": "sig", "crv": "P-256", "x": number(point.x, 32), "y": number(point.y, 32)}]

    def handler(self):
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self):
                issuer.asked.append(self.path)
                time.sleep(issuer.delay)
                found = issuer.documents.get(self.path)
                body = found if isinstance(found, bytes) else json.dumps(found).encode()
                with contextlib.suppress(OSError):
                    self.send_response(200 if found is not None else 404)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler

    def token(self, algorithm="RS256", kid=None, key=None, **claims):
        """A token for the audience "app", good for five minutes; a claim of None is left out."""
        kind = ALGORITHMS[algorithm]
        now = int(time.time())
        claims = {"iss": self.url, "aud": "app", "sub": "student-1", "iat": now, "exp": now + 300, **claims}
        return jwt.encode({k: v for k, v in claims.items() if v is not None}, key or self.keys[kind], algorithm, headers={"kid": kid or kind})

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
