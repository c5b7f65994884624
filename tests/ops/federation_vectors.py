#!/usr/bin/python3
"""Writes saml_documents.h and web_identity_tokens.h again: what the tables of this folder need of identity providers whose keys nobody
has. The tokens are good for ten minutes around the time at which the tables begin (OPS_NOW_MS)."""
import json
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "api"))
import jwt  # noqa: E402
from issuer import number, pem  # noqa: E402
from saml import Saml  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: E402

NOW = 1767225600
GITHUB = {"iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com", "sub": "repo:octo/app:ref:refs/heads/main",
          "repository": "octo/app", "ref": "refs/heads/main", "secret": "x", "iat": NOW - 60, "nbf": NOW - 60, "exp": NOW + 540}


def macro(name, text):
    lines = []
    while text:
        end = min(len(text), 86)
        while text[end - 1] == "\\" and end < len(text):
            end -= 1
        lines.append(f'    "{text[:end]}"')
        text = text[end:]
    return f"#define {name} \\\n" + " \\\n".join(lines) + "\n"


def write(name, about, **macros):
    guard = f"TESTS_OPS_{name.upper()}_H"
    body = "\n".join(macro(*item) for item in macros.items())
    (HERE / f"{name}.h").write_text(f"/* {about}\n * Made by federation_vectors.py. */\n#ifndef {guard}\n#define {guard}\n\n/* clang-format off */\n"
                                    f"{body}/* clang-format on */\n\n#endif\n", encoding="ascii")


def main():
    saml = Saml(pathlib.Path(tempfile.mkdtemp()))
    write("saml_documents", "A SAML provider's metadata and an RSA key, as JSON texts of tables.",
          SAML_METADATA=saml.metadata().split("\n", 1)[1].replace("\n", "").replace('"', "\\\\'"),
          SAML_KEY=pem(saml.key).decode().replace("\n", "\\\\n"))
    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_numbers()
    keys = {"keys": [{"kid": "k", "kty": "RSA", "n": number(public.n, 256), "e": number(public.e, 3)}]}
    write("web_identity_tokens", "A token as GitHub gives to workflows, and its key set, as texts of tables.",
          GITHUB_TOKEN=jwt.encode(GITHUB, key, "RS256", headers={"kid": "k"}), GITHUB_KEYS=json.dumps(keys).replace('"', '\\"'))


if __name__ == "__main__":
    main()
