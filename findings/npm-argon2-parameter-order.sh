#!/usr/bin/env bash
# npm argon2 0.45.1 writes the parameters of its PHC string as m,p,t. The reference library (argon2-cffi 25.1.0 binds it)
# reads only the order m,t,p and reports "Decoding failed" for a right password. With the two swapped, it verifies.
# Whoever moves hashes from Node.js to Python, PHP or C meets this.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund argon2@0.45.1
python3 -m venv env
env/bin/pip -q --disable-pip-version-check install argon2-cffi==25.1.0
node -e 'const a = require("argon2"); a.hash("correct horse", { type: a.argon2id }).then(h => console.log(h))' >hash
env/bin/python - <<'PY'
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

hashed = open("hash").read().strip()
parts = hashed.split("$")
print("npm argon2 0.45.1 writes:", parts[3])
assert [item[0] for item in parts[3].split(",")] == ["m", "p", "t"], "the order has changed"
try:
    PasswordHasher().verify(hashed, "correct horse")
    raise SystemExit("argon2-cffi takes it now")
except VerificationError as error:
    print("argon2-cffi 25.1.0 says:", error)
    assert "Decoding failed" in str(error)
values = dict(item.split("=") for item in parts[3].split(","))
parts[3] = "m={m},t={t},p={p}".format(**values)
assert PasswordHasher().verify("$".join(parts), "correct horse")
print("with t before p: verified")
PY
