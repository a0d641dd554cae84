# verifier: mod_auth_openidc of Apache, AuthType oauth20, of Debian, which fetches keys by https alone
# apt: apache2 libapache2-mod-auth-openidc
set -euo pipefail
[ -z "$SECRET" ] || { echo "takes a text for a secret, and ours is bytes"; exit 1; }
at=$(mktemp -d)
chmod 755 "$at"
mkdir "$at/www" && echo ok >"$at/www/index.html"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
modules=/usr/lib/apache2/modules
cat >"$at/apache.conf" <<CONF
ServerName localhost
ServerRoot $at
PidFile $at/pid
ErrorLog $at/log
Mutex file:$at default
Listen 127.0.0.1:$port
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authn_core_module $modules/mod_authn_core.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule authz_user_module $modules/mod_authz_user.so
LoadModule dir_module $modules/mod_dir.so
LoadModule auth_openidc_module $modules/mod_auth_openidc.so
User nobody
Group nogroup
DocumentRoot $at/www
OIDCOAuthVerifyJwksUri $HTTPS_JWKS_URL
OIDCOAuthSSLValidateServer Off
OIDCOAuthRemoteUserClaim sub
<Location />
    AuthType oauth20
    <RequireAll>
        Require claim iss:$ISSUER
        Require claim aud:$AUDIENCE
    </RequireAll>
</Location>
CONF
apache2 -d "$at" -f "$at/apache.conf" -DFOREGROUND >"$at/said" 2>&1 &
trap 'kill $!; rm -rf "$at"' EXIT
curl -sf --retry 20 --retry-connrefused --retry-delay 1 -o /dev/null -H "Authorization: Bearer $TOKEN" "http://127.0.0.1:$port/" || {
    grep -h -o 'oidc_.*' "$at/log" | tail -n 1
    exit 1
}
