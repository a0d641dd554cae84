#!/usr/bin/env bash
# python-jose 3.5.0 does not choose a key of a set by `kid`: it tries them in order, and the first of another type ends the
# attempt. A valid RS256 token is refused when an Ed25519 key stands before its RSA key, and accepted after it. A server that
# moves from RS256 to EdDSA publishes both for a while, the new one first.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv env
env/bin/pip -q --disable-pip-version-check install python-jose==3.5.0 PyJWT==2.15.1 cryptography
env/bin/python - <<'PY'
import jwt
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from jose import jwt as jose
from jose.exceptions import JOSEError
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

private = rsa.generate_private_key(65537, 2048)
rsa_key = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True) | {"kid": "old", "alg": "RS256", "use": "sig"}
okp_key = OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate().public_key(), as_dict=True)
okp_key |= {"kid": "new", "alg": "EdDSA", "use": "sig"}
token = jwt.encode({"sub": "1"}, private, algorithm="RS256", headers={"kid": "old"})


def outcome(*keys):
    try:
        return jose.decode(token, {"keys": list(keys)}, algorithms=["RS256"])
    except JOSEError as error:
        return f"{type(error).__name__}: {error}"


print("RSA before Ed25519:", outcome(rsa_key, okp_key))
print("Ed25519 before RSA:", outcome(okp_key, rsa_key))
assert outcome(rsa_key, okp_key) == {"sub": "1"}
assert outcome(okp_key, rsa_key) == "JWKError: Incorrect key type. Expected: 'RSA', Received: OKP"
PY
