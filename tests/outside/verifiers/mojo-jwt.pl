# verifier: Mojo::JWT, of Debian, which leaves issuer and audience to whoever calls it
# apt: libmojo-jwt-perl
use strict;
use Mojo::JWT;
use JSON::PP qw(decode_json);
use MIME::Base64 qw(decode_base64url);

local $/;
open my $file, "<", "$ENV{AT}/jwks.json" or die;
my $jwt = $ENV{SECRET} ? Mojo::JWT->new(secret => decode_base64url($ENV{SECRET})) : Mojo::JWT->new->add_jwkset(decode_json(<$file>));
my $claims = $jwt->decode($ENV{TOKEN});
die "claims" unless $claims->{iss} eq $ENV{ISSUER} && $claims->{aud} eq $ENV{AUDIENCE};
