package httpapi

import (
	"context"
	"fmt"
	"maps"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"purser/internal/fault"
	"purser/internal/manifest"
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

// readSafelist reads what the web app and the pages behind links ask, which is always listed, and manifests.
func readSafelist(paths []string) (map[string]string, error) {
	documents := map[string]string{}
	if text := web.KeeperOperations(); text != nil {
		listed, err := manifest.Parse("the web app's", text)
		if err != nil {
			return nil, fmt.Errorf("persisted operations: %w", err)
		}
		maps.Copy(documents, listed)
	}
	for _, text := range web.PageOperations() {
		documents[manifest.ID(text)] = text
	}
	for _, path := range paths {
		listed, err := manifest.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("persisted operations: %w", err)
		}
		maps.Copy(documents, listed)
	}
	return documents, nil
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
	if !s.enforced || request.Query == "" || s.documents[manifest.ID(request.Query)] != "" {
		return nil
	}
	refusal := fault.New(fault.Forbidden)
	shown := s.present(ctx, refusal) // a socket sends it as it is; elsewhere it is presented again
	shown.Err = refusal
	return shown
}
