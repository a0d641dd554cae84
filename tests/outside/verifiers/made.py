"""What a verifier is told, as lines for a shell: a valid token, one that has expired, one that was changed."""

import base64
import json
import shlex
import sys
import time

import jwt
from cryptography.hazmat.primitives import serialization

algorithm, url = sys.argv[1:]
valid = json.load(open("registration.json"))["access"]
head, body, signature = valid.split(".")
header, claims = jwt.get_unverified_header(valid), jwt.decode(valid, options={"verify_signature": False})


def text(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


secret = ""
if algorithm == "HS256":
    secret = open("keys/0001.secret").read().split()[-1]
    key = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
else:
    lines = [line for line in open("keys/0001.pem") if not line.startswith("signs-from")]
    key = serialization.load_pem_private_key("".join(lines).encode(), None)
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    open("public.pem", "wb").write(key.public_key().public_bytes(*form))
# Older than the leeway of any of them.
then = int(time.time()) - 7200
expired = jwt.encode(claims | {"iat": then, "exp": then + 1800}, key, algorithm, headers=header)
values = {
    "ALGORITHM": algorithm,
    "VALID": valid,
    "EXPIRED": expired,
    "TAMPERED": f"{head}.{text(claims | {'role': 1000})}.{signature}",
    "ISSUER": claims["iss"],
    "AUDIENCE": claims["aud"],
    "JWKS_URL": f"{url}/.well-known/jwks.json",
    "SECRET": secret,
}
for name, value in values.items():
    print(f"{name}={shlex.quote(value)}")
