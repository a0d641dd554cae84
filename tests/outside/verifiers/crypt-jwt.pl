# verifier: Crypt::JWT, of Debian
# apt: libcrypt-jwt-perl
use strict;
use Crypt::JWT qw(decode_jwt);
use JSON::PP qw(decode_json);
use MIME::Base64 qw(decode_base64url);

local $/;
open my $file, "<", "$ENV{AT}/jwks.json" or die;
my @key = $ENV{SECRET} ? (key => decode_base64url($ENV{SECRET})) : (kid_keys => decode_json(<$file>));
decode_jwt(token => $ENV{TOKEN}, @key, accepted_alg => $ENV{ALGORITHM}, verify_iss => $ENV{ISSUER}, verify_aud => $ENV{AUDIENCE}, verify_exp => 1);
