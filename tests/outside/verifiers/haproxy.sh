# verifier: HAProxy's jwt_verify, of Debian, with a key in PEM
# apt: haproxy
set -euo pipefail
[ -z "$SECRET" ] || { echo "takes a text for a secret, and ours is bytes"; exit 1; }
at=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$at/haproxy.cfg" <<CFG
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend verifier
    bind 127.0.0.1:$port
    http-request set-var(txn.token) http_auth_bearer
    http-request deny deny_status 401 unless { var(txn.token),jwt_header_query('\$.alg') -m str $ALGORITHM }
    http-request deny deny_status 401 unless { var(txn.token),jwt_payload_query('\$.iss') -m str $ISSUER }
    http-request deny deny_status 401 unless { var(txn.token),jwt_payload_query('\$.aud') -m str $AUDIENCE }
    http-request set-var(txn.exp) var(txn.token),jwt_payload_query('\$.exp','int')
    http-request set-var(txn.now) date()
    http-request deny deny_status 401 if { var(txn.exp),sub(txn.now) -m int lt 0 }
    http-request deny deny_status 401 unless { var(txn.token),jwt_verify("$ALGORITHM","$AT/public.pem") 1 }
    http-request return status 200
CFG
haproxy -c -q -f "$at/haproxy.cfg" || exit 1
haproxy -db -f "$at/haproxy.cfg" >"$at/log" 2>&1 &
trap 'kill $!; rm -rf "$at"' EXIT
curl -sf --retry 20 --retry-connrefused --retry-delay 1 -o /dev/null -H "Authorization: Bearer $TOKEN" "http://127.0.0.1:$port/"
