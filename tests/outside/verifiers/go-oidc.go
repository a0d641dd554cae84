// verifier: go-oidc of Debian, which verifies with go-jose 2
// apt: golang-go golang-github-coreos-go-oidc-dev
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/coreos/go-oidc"
)

func main() {
	ctx := context.Background()
	config := &oidc.Config{ClientID: os.Getenv("AUDIENCE"), SupportedSigningAlgs: []string{os.Getenv("ALGORITHM")}}
	verifier := oidc.NewVerifier(os.Getenv("ISSUER"), oidc.NewRemoteKeySet(ctx, os.Getenv("JWKS_URL")), config)
	if _, err := verifier.Verify(ctx, os.Getenv("TOKEN")); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
