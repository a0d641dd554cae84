# Authlib: its own decoder, and the validator that keeps to RFC 9068.
# variants: jose rfc9068
# pip: Authlib==1.9.10 requests
import base64
import os
import sys

import requests
from authlib.jose import JsonWebKey, JsonWebToken, OctKey

e = os.environ
if e["SECRET"]:
    keys = OctKey.import_key(base64.urlsafe_b64decode(e["SECRET"] + "="))
else:
    keys = JsonWebKey.import_key_set(requests.get(e["JWKS_URL"]).json())
if sys.argv[1] == "jose":
    options = {"iss": {"essential": True, "value": e["ISSUER"]}, "aud": {"essential": True, "value": e["AUDIENCE"]}}
    JsonWebToken([e["ALGORITHM"]]).decode(e["TOKEN"], keys, claims_options=options).validate()
else:
    from authlib.oauth2.rfc9068 import JWTBearerTokenValidator

    class Validator(JWTBearerTokenValidator):
        def get_jwks(self):
            return requests.get(e["JWKS_URL"]).json()

    validator = Validator(issuer=e["ISSUER"], resource_server=e["AUDIENCE"])
    validator.validate_token(validator.authenticate_token(e["TOKEN"]), [], None)
