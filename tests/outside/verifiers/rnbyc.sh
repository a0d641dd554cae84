# verifier: rnbyc (rhonabwy), of Debian, which leaves the claims to whoever calls it
# apt: rnbyc
set -euo pipefail
keys=$AT/jwks.json
if [ -n "$SECRET" ]; then
    keys=$(mktemp) && trap 'rm "$keys"' EXIT
    echo "{\"keys\": [{\"kty\": \"oct\", \"alg\": \"HS256\", \"k\": \"$SECRET\"}]}" >"$keys"
fi
said=$(rnbyc -t "$TOKEN" -P "$keys" 2>&1)
echo "$said"
grep -q 'signature verified' <<<"$said"
python3 -c '
import base64, json, os, time
body = os.environ["TOKEN"].split(".")[1]
claims = json.loads(base64.urlsafe_b64decode(body + "=="))
assert claims["iss"] == os.environ["ISSUER"] and claims["aud"] == os.environ["AUDIENCE"] and claims["exp"] > time.time()'
