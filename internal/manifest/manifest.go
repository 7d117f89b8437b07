// Package manifest reads lists of operations as Apollo's generators write them (persisted-query-manifest.json), for the settings, which refuse what is
// none, and for the front door, which runs what is listed. It runs nothing and knows no schema.
package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// Longest is how many bytes a manifest may have: some thousand operations.
const Longest = 16 << 20

// ReadFile is the documents that the file at path lists, by their ids. It fails as Parse does, and when the file cannot be read or is too long.
func ReadFile(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read", path)
	}
	defer file.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(file, Longest+1))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read", path)
	}
	if len(text) > Longest {
		return nil, fmt.Errorf("%s is longer than %d bytes", path, Longest)
	}
	return Parse(path, text)
}

// Parse is the documents that a manifest of Apollo Kotlin, Apollo iOS or generate-persisted-query-manifest lists, by their ids. An id must be the
// SHA-256 of its document. name is what the error calls it.
func Parse(name string, text []byte) (map[string]string, error) {
	var manifest struct {
		Format     string
		Version    int
		Operations []struct{ ID, Name, Body string }
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("%s is no JSON of a manifest: %w", name, err)
	}
	if manifest.Format != "apollo-persisted-query-manifest" || manifest.Version != 1 {
		return nil, fmt.Errorf("%s is no apollo-persisted-query-manifest of version 1", name)
	}
	documents := make(map[string]string, len(manifest.Operations))
	for _, operation := range manifest.Operations {
		if operation.ID != ID(operation.Body) {
			return nil, fmt.Errorf("%s: the id of %s is not the SHA-256 of its body", name, operation.Name)
		}
		documents[operation.ID] = operation.Body
	}
	return documents, nil
}

// ID is the id of a document: its SHA-256 in hex.
func ID(document string) string {
	sum := sha256.Sum256([]byte(document))
	return hex.EncodeToString(sum[:])
}
