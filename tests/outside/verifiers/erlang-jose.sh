# verifier: erlang-jose, of Debian, which leaves the claims to whoever calls it
# apt: erlang-jose erlang-jiffy erlang-base
set -euo pipefail
erl -noshell -eval '
    {ok, Text} = file:read_file(os:getenv("AT") ++ "/jwks.json"),
    Key = case os:getenv("SECRET") of
        "" -> [First | _] = maps:get(<<"keys">>, jose:decode(Text)), First;
        Secret -> #{<<"kty">> => <<"oct">>, <<"k">> => list_to_binary(Secret)}
    end,
    Algorithm = list_to_binary(os:getenv("ALGORITHM")),
    {Valid, Jwt, _} = jose_jwt:verify_strict(jose_jwk:from_map(Key), [Algorithm], list_to_binary(os:getenv("TOKEN"))),
    {_, Claims} = jose_jwt:to_map(Jwt),
    Named = maps:get(<<"iss">>, Claims) == list_to_binary(os:getenv("ISSUER"))
        andalso maps:get(<<"aud">>, Claims) == list_to_binary(os:getenv("AUDIENCE"))
        andalso maps:get(<<"exp">>, Claims) > os:system_time(second),
    halt(case Valid andalso Named of true -> 0; false -> 1 end).' 2>&1
