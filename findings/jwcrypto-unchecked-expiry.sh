#!/usr/bin/env bash
# jwcrypto 1.5.8 checks `exp` only where nobody says which claims to check: with `check_claims={"iss": …}` an expired token is
# valid, unless `"exp": None` is among them. Its documentation says so, in a note.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv env
env/bin/pip -q --disable-pip-version-check install jwcrypto==1.5.8
env/bin/python - <<'PY'
from jwcrypto import jwk, jwt

key = jwk.JWK.generate(kty="OKP", crv="Ed25519")
token = jwt.JWT(header={"alg": "EdDSA"}, claims={"iss": "server", "exp": 1})
token.make_signed_token(key)


def outcome(**checks):
    try:
        return jwt.JWT(jwt=token.serialize(), key=key, algs=["EdDSA"], **checks).claims
    except jwt.JWTExpired as error:
        return f"JWTExpired: {error}"


print("no claims named:  ", outcome())
print("iss named:        ", outcome(check_claims={"iss": "server"}))
print("iss and exp named:", outcome(check_claims={"iss": "server", "exp": None}))
assert outcome().startswith("JWTExpired")
assert outcome(check_claims={"iss": "server"}).startswith("{")
assert outcome(check_claims={"iss": "server", "exp": None}).startswith("JWTExpired")
PY
