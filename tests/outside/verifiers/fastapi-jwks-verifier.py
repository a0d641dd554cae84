# verifier: fastapi-jwks
# pip: fastapi-jwks==1.0.1 fastapi httpx
import os

from fastapi_jwks.models.types import JWKSConfig, JWTDecodeConfig
from fastapi_jwks.validators import JWKSValidator
from pydantic import BaseModel

e = os.environ


class Payload(BaseModel):
    sub: str


validator = JWKSValidator[Payload](
    decode_config=JWTDecodeConfig(audience=[e["AUDIENCE"]], issuer=e["ISSUER"]), jwks_config=JWKSConfig(url=e["JWKS_URL"])
)
assert validator.validate_token(e["TOKEN"]).sub
