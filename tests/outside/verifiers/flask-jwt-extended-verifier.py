# verifier: Flask-JWT-Extended
# pip: Flask-JWT-Extended==4.7.4 PyJWT==2.15.1 cryptography==50.0.2
import os

import flask
import flask_jwt_extended
import jwt

e = os.environ
app = flask.Flask("verifier")
app.config |= {"JWT_ALGORITHM": e["ALGORITHM"], "JWT_DECODE_AUDIENCE": e["AUDIENCE"], "JWT_DECODE_ISSUER": e["ISSUER"]}
if e["SECRET"]:
    app.config["JWT_SECRET_KEY"] = jwt.utils.base64url_decode(e["SECRET"])
else:
    app.config["JWT_PUBLIC_KEY"] = jwt.PyJWKClient(e["JWKS_URL"]).get_signing_key_from_jwt(e["TOKEN"]).key
flask_jwt_extended.JWTManager(app)


@app.get("/")
@flask_jwt_extended.jwt_required()
def route():
    return {}


answer = app.test_client().get("/", headers={"Authorization": "Bearer " + e["TOKEN"]})
if answer.status_code != 200:
    raise SystemExit(answer.text)
