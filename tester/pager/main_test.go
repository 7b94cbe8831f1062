package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

func TestContract(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }))
	defer service.Close()
	respondertest.TestEmitter(t, &pager{delivery.Client{Service: "pager", BaseURL: service.URL}})
}
