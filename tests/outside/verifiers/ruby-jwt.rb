# verifier: ruby-jwt, of Debian
# apt: ruby-jwt
require "base64"
require "json"
require "jwt"
require "net/http"

e = ENV
options = { algorithms: [e["ALGORITHM"]], iss: e["ISSUER"], verify_iss: true, aud: e["AUDIENCE"], verify_aud: true }
if e["SECRET"] != ""
  JWT.decode(e["TOKEN"], Base64.urlsafe_decode64(e["SECRET"]), true, options)
else
  jwks = JSON.parse(Net::HTTP.get(URI(e["JWKS_URL"])), symbolize_names: true)
  JWT.decode(e["TOKEN"], nil, true, options.merge(jwks: jwks))
end
