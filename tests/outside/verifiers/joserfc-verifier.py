# joserfc: with the algorithm named, and with its defaults.
# variants: named defaults
# pip: joserfc==1.8.0 requests
import base64
import os
import sys

import requests
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey

e = os.environ
if e["SECRET"]:
    keys = OctKey.import_key(base64.urlsafe_b64decode(e["SECRET"] + "="))
else:
    keys = KeySet.import_key_set(requests.get(e["JWKS_URL"]).json())
named = {"algorithms": [e["ALGORITHM"]]} if sys.argv[1] == "named" else {}
token = jwt.decode(e["TOKEN"], keys, **named)
registry = jwt.JWTClaimsRegistry(iss={"essential": True, "value": e["ISSUER"]}, aud={"essential": True, "value": e["AUDIENCE"]})
registry.validate(token.claims)
