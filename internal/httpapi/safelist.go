package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"purser/internal/fault"
	"purser/web"
)

// safelist are the documents of our own apps, as Apollo's generators list them (persisted-query-manifest.json). Clients may ask for one by
// its id; where it is enforced, nothing else is run.
type safelist struct {
	documents map[string]string // by the SHA-256 of the text, in hex
	enforced  bool
	present   graphql.ErrorPresenterFunc
}

var _ interface {
	graphql.OperationParameterMutator
	graphql.HandlerExtension
} = &safelist{}

// readSafelist reads what the web app and the pages behind links ask, which is always listed, and manifests of Apollo Kotlin, Apollo iOS or
// generate-persisted-query-manifest. An id must be the SHA-256 of its document.
func readSafelist(paths []string) (map[string]string, error) {
	documents := map[string]string{}
	if text := web.KeeperOperations(); text != nil {
		if err := listed(documents, "the web app's", text); err != nil {
			return nil, err
		}
	}
	for _, text := range web.PageOperations() {
		documents[hashOf(text)] = text
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("persisted operations: %w", err)
		}
		if err := listed(documents, path, text); err != nil {
			return nil, err
		}
	}
	return documents, nil
}

// listed adds what a manifest lists.
func listed(documents map[string]string, path string, text []byte) error {
	var manifest struct {
		Format     string
		Version    int
		Operations []struct{ ID, Name, Body string }
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return fmt.Errorf("persisted operations: %s: %w", path, err)
	}
	if manifest.Format != "apollo-persisted-query-manifest" || manifest.Version != 1 {
		return fmt.Errorf("persisted operations: %s is no apollo-persisted-query-manifest of version 1", path)
	}
	for _, operation := range manifest.Operations {
		if operation.ID != hashOf(operation.Body) {
			return fmt.Errorf("persisted operations: %s: the id of %s is not the SHA-256 of its body", path, operation.Name)
		}
		documents[operation.ID] = operation.Body
	}
	return nil
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// ExtensionName is for the library.
func (*safelist) ExtensionName() string { return "PurserSafelist" }

// Validate is for the library.
func (*safelist) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters puts the document of a known id in its place, and refuses what is not listed.
func (s *safelist) MutateOperationParameters(ctx context.Context, request *graphql.RawParams) *gqlerror.Error {
	id := ""
	if persisted, ok := request.Extensions["persistedQuery"].(map[string]any); ok {
		id, _ = persisted["sha256Hash"].(string)
	}
	if document, listed := s.documents[id]; listed && request.Query == "" {
		request.Query = document
		return nil
	}
	if !s.enforced || request.Query == "" || s.documents[hashOf(request.Query)] != "" {
		return nil
	}
	refusal := fault.New(fault.Forbidden)
	shown := s.present(ctx, refusal) // a socket sends it as it is; elsewhere it is presented again
	shown.Err = refusal
	return shown
}
