// verifier: golang-jwt 4 of Debian, with a key in PEM
// apt: golang-go golang-github-golang-jwt-jwt-dev
package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"

	"github.com/golang-jwt/jwt"
)

func key(*jwt.Token) (interface{}, error) {
	if secret := os.Getenv("SECRET"); secret != "" {
		return base64.RawURLEncoding.DecodeString(secret)
	}
	pem, err := os.ReadFile(os.Getenv("AT") + "/public.pem")
	if err != nil {
		return nil, err
	}
	switch os.Getenv("ALGORITHM") {
	case "EdDSA":
		return jwt.ParseEdPublicKeyFromPEM(pem)
	case "ES256":
		return jwt.ParseECPublicKeyFromPEM(pem)
	default:
		return jwt.ParseRSAPublicKeyFromPEM(pem)
	}
}

func main() {
	parser := &jwt.Parser{ValidMethods: []string{os.Getenv("ALGORITHM")}}
	claims := jwt.MapClaims{}
	_, err := parser.ParseWithClaims(os.Getenv("TOKEN"), claims, key)
	if err == nil && !(claims.VerifyIssuer(os.Getenv("ISSUER"), true) && claims.VerifyAudience(os.Getenv("AUDIENCE"), true)) {
		err = errors.New("issuer or audience")
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
