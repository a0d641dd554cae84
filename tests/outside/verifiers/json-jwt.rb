# verifier: json-jwt, of Debian, which leaves the claims to whoever calls it
# apt: ruby-json-jwt
require "base64"
require "json/jwt"
require "net/http"

e = ENV
key = e["SECRET"] != "" ? Base64.urlsafe_decode64(e["SECRET"]) : JSON::JWK::Set.new(JSON.parse(Net::HTTP.get(URI(e["JWKS_URL"]))))
claims = JSON::JWT.decode(e["TOKEN"], key, [e["ALGORITHM"].to_sym])
raise "claims" unless claims[:iss] == e["ISSUER"] && claims[:aud] == e["AUDIENCE"] && claims[:exp] > Time.now.to_i
