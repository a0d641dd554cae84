# verifier: djangorestframework-simplejwt, JWTStatelessUserAuthentication
# pip: Django==5.2.9 djangorestframework==3.16.1 djangorestframework-simplejwt==5.5.1 PyJWT==2.15.1 cryptography==50.0.2
import os

import django
from django.conf import settings

e = os.environ
if e["SECRET"]:
    raise SystemExit("SIGNING_KEY is a text there, and ours is bytes")
simple = {"ALGORITHM": e["ALGORITHM"], "JWK_URL": e["JWKS_URL"], "AUDIENCE": e["AUDIENCE"], "ISSUER": e["ISSUER"]}
settings.configure(SIMPLE_JWT=simple, INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"], SECRET_KEY="x" * 50)
django.setup()
from rest_framework.test import APIRequestFactory
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication

request = APIRequestFactory().get("/", headers={"authorization": "Bearer " + e["TOKEN"]})
assert JWTStatelessUserAuthentication().authenticate(request)[0].id
