package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
)

// warm makes and checks some signatures. The engine that runs WebAssembly compiles a function when it is first called and again, better, when it has
// run for a while: without this, the first decision that checks a token of a new process would pay for both, and perhaps with its deadline. What is
// compiled stays with the module, for later threads too.
//
//go:wasmexport warm
func warm() {
	digest := make([]byte, 64)
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			return
		}
		for range 3 {
			if signature, err := ecdsa.SignASN1(rand.Reader, key, digest); err == nil {
				ecdsa.VerifyASN1(&key.PublicKey, digest, signature)
			}
		}
	}
	if public, private, err := ed25519.GenerateKey(rand.Reader); err == nil {
		ed25519.Verify(public, digest, ed25519.Sign(private, digest))
	}
}
