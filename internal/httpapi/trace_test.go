package httpapi

import (
	"net/http"
	"testing"
)

func TestWithoutACollectorNothingStandsBeforeAHandler(t *testing.T) {
	next := http.NewServeMux()
	if (&API{}).traced(next) != http.Handler(next) {
		t.Error("something does")
	}
}
