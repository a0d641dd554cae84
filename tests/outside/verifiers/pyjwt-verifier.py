# verifier: PyJWT
# pip: PyJWT==2.15.1 cryptography==50.0.2
import os

import jwt

e = os.environ
if e["SECRET"]:
    key = jwt.utils.base64url_decode(e["SECRET"])
else:
    key = jwt.PyJWKClient(e["JWKS_URL"]).get_signing_key_from_jwt(e["TOKEN"])
found = jwt.decode_complete(e["TOKEN"], key, algorithms=[e["ALGORITHM"]], audience=e["AUDIENCE"], issuer=e["ISSUER"])
assert found["header"]["typ"] == "at+jwt"
