# verifier: python-jose
# pip: python-jose[cryptography]==3.5.0 requests
import base64
import os

import requests
from jose import jwt

e = os.environ
key = base64.urlsafe_b64decode(e["SECRET"] + "=") if e["SECRET"] else requests.get(e["JWKS_URL"]).json()
jwt.decode(e["TOKEN"], key, algorithms=[e["ALGORITHM"]], audience=e["AUDIENCE"], issuer=e["ISSUER"])
