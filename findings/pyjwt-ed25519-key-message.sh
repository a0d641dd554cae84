#!/usr/bin/env bash
# RFC 9864 gives Ed25519 the name `Ed25519` and deprecates the polymorphic `EdDSA`. PyJWT 2.15.1 skips a JWK that says
# `"alg": "Ed25519"`; of a set that has no other key it says that there is none usable and asks whether `cryptography` is
# installed, which it is. The same key with `"alg": "EdDSA"` is taken.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv env
env/bin/pip -q --disable-pip-version-check install PyJWT==2.15.1 cryptography==50.0.2
env/bin/python - <<'PY'
import cryptography
import jwt
from cryptography.hazmat.primitives.asymmetric import ed25519
from jwt.algorithms import OKPAlgorithm

key = OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate().public_key(), as_dict=True) | {"kid": "k", "use": "sig"}


def keys(alg):
    try:
        return [found.key_id for found in jwt.PyJWKSet.from_dict({"keys": [key | {"alg": alg}]}).keys]
    except jwt.exceptions.PyJWKSetError as error:
        return str(error)


print("cryptography", cryptography.__version__, "is installed")
print("alg EdDSA:  ", keys("EdDSA"))
print("alg Ed25519:", keys("Ed25519"))
assert keys("EdDSA") == ["k"]
assert "Perhaps 'cryptography' is not installed?" in keys("Ed25519")
PY
