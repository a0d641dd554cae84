# verifier: the command jose (latchset), of Debian, which leaves the claims to whoever calls it
# apt: jose
set -euo pipefail
if [ -n "$SECRET" ]; then
    keys=$(mktemp) && trap 'rm "$keys"' EXIT
    echo "{\"kty\": \"oct\", \"k\": \"$SECRET\"}" >"$keys"
else
    keys=$AT/jwks.json
fi
jose jws ver -i "$TOKEN" -k "$keys" -O- | python3 -c '
import json, os, sys, time
claims = json.load(sys.stdin)
assert claims["iss"] == os.environ["ISSUER"] and claims["aud"] == os.environ["AUDIENCE"] and claims["exp"] > time.time()'
