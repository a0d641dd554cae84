#!/usr/bin/env bash
# joserfc 1.8.0 verifies EdDSA only where the caller names it: with its defaults a valid Ed25519 signature is refused as "not
# recommended", although the key of the set is Ed25519 and says `"alg": "EdDSA"`. Where it is named, a warning says that
# EdDSA is deprecated, and the claims are there.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv env
env/bin/pip -q --disable-pip-version-check install joserfc==1.8.0 PyJWT==2.15.1 cryptography==50.0.2
env/bin/python -W ignore - <<'PY'
import jwt
from cryptography.hazmat.primitives.asymmetric import ed25519
from joserfc import jwt as joserfc
from joserfc.errors import UnsupportedAlgorithmError
from joserfc.jwk import OKPKey
from jwt.algorithms import OKPAlgorithm

private = ed25519.Ed25519PrivateKey.generate()
jwk = OKPAlgorithm.to_jwk(private.public_key(), as_dict=True) | {"kid": "k", "alg": "EdDSA", "use": "sig"}
token = jwt.encode({"sub": "1"}, private, algorithm="EdDSA", headers={"kid": "k"})
key = OKPKey.import_key(jwk)
try:
    joserfc.decode(token, key)
    raise SystemExit("joserfc takes EdDSA by default now")
except UnsupportedAlgorithmError as error:
    print("defaults:", error)
    assert "not recommended" in str(error)
claims = joserfc.decode(token, key, algorithms=["EdDSA"]).claims
print("named:   ", claims)
assert claims == {"sub": "1"}
PY
