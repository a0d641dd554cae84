# jwcrypto: with the expiry among the claims to check, and without it, when nobody looks at it.
# variants: exp without-exp
# pip: jwcrypto==1.5.8 requests
import os
import sys

import requests
from jwcrypto import jwk, jwt

e = os.environ
key = jwk.JWK(kty="oct", k=e["SECRET"]) if e["SECRET"] else jwk.JWKSet.from_json(requests.get(e["JWKS_URL"]).text)
claims = {"iss": e["ISSUER"], "aud": e["AUDIENCE"]} | ({"exp": None} if sys.argv[1] == "exp" else {})
jwt.JWT(jwt=e["TOKEN"], key=key, algs=[e["ALGORITHM"]], check_claims=claims)
