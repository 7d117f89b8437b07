package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"purser/internal/fault"
)

const (
	plainJSON    = "application/json"
	responseJSON = "application/graphql-response+json"
)

// post is GraphQL over HTTP's POST. The library's own would quote a body that it cannot read, with whatever secret is in it, in its
// answer; it takes anything behind the first JSON value; and where it were kept from both, each body would be read twice.
type post struct{}

// Supports is part of the library's interface.
func (post) Supports(r *http.Request) bool {
	return r.Method == http.MethodPost && isJSON(r)
}

// Do is part of the library's interface.
func (post) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	params := &graphql.RawParams{Headers: r.Header, ReadTime: graphql.TraceTiming{Start: graphql.Now()}}
	if !decode(w, r, params) {
		return
	}
	if params.Query == "" && params.Extensions["persistedQuery"] == nil {
		refuse(w, r, http.StatusBadRequest, fault.BadUserInput)
		return
	}
	answer(w, r, exec, params)
}

// get is GraphQL over HTTP's GET, for queries alone.
type get struct{}

// Supports is part of the library's interface.
func (get) Supports(r *http.Request) bool { return r.Method == http.MethodGet }

// Do is part of the library's interface.
func (get) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	asked, err := url.ParseQuery(r.URL.RawQuery)
	params := &graphql.RawParams{
		Headers: r.Header, ReadTime: graphql.TraceTiming{Start: graphql.Now()}, Query: asked.Get("query"), OperationName: asked.Get("operationName"),
	}
	for name, into := range map[string]*map[string]any{"variables": &params.Variables, "extensions": &params.Extensions} {
		if text := asked.Get(name); text != "" && err == nil {
			decoder := json.NewDecoder(strings.NewReader(text))
			decoder.UseNumber()
			if err = decoder.Decode(into); err == nil {
				err = ends(decoder)
			}
		}
	}
	if err != nil || (params.Query == "" && params.Extensions["persistedQuery"] == nil) {
		refuse(w, r, http.StatusBadRequest, fault.BadUserInput)
		return
	}
	answer(w, r, exec, params)
}

// answer runs a request and writes what comes of it. A document that was refused has no data, and by the specification the status 200 for
// application/json and 400 for application/graphql-response+json.
func answer(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, params *graphql.RawParams) {
	params.ReadTime.End = graphql.Now()
	ctx, kind := r.Context(), responseType(r.Header.Get("Accept"))
	operation, refused := exec.CreateOperationContext(ctx, params)
	if refused != nil {
		w.Header().Set("Content-Type", kind)
		if kind == responseJSON {
			w.WriteHeader(http.StatusBadRequest)
		}
		ctx = graphql.WithOperationContext(ctx, operation)
		writeRefusal(w, exec.DispatchError(ctx, refused), costOf(ctx, w.Header()))
		return
	}
	if r.Method == http.MethodGet && operation.Operation.Operation != ast.Query {
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, r, http.StatusMethodNotAllowed, fault.BadUserInput)
		return
	}
	w.Header().Set("Content-Type", kind)
	respond, ctx := exec.DispatchOperation(ctx, operation)
	response := respond(ctx)
	if response == nil { // the request was over before it was begun: whoever asked is gone, or its time was up
		refuse(w, r, http.StatusServiceUnavailable, fault.Overloaded)
		return
	}
	writeResponse(w, response, costOf(ctx, w.Header()))
}

func writeRefusal(w io.Writer, response *graphql.Response, cost string) {
	extensions := response.Extensions
	if cost != "" {
		extensions = map[string]any{"cost": json.RawMessage(cost)}
		maps.Copy(extensions, response.Extensions)
	}
	text, err := json.Marshal(struct {
		Errors     gqlerror.List  `json:"errors"`
		Extensions map[string]any `json:"extensions,omitempty"`
	}{response.Errors, extensions})
	if err == nil { // errors and extensions are our own: they can be written
		_, _ = w.Write(text)
	}
}

// decode reads a body of bounded size into params, and answers one that is too large or no request at all.
func decode(w http.ResponseWriter, r *http.Request, params any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyLimit))
	decoder.UseNumber()
	err := decoder.Decode(params)
	if err == nil {
		err = ends(decoder)
	}
	if err == nil {
		return true
	}
	status := http.StatusBadRequest
	if tooLarge := (&http.MaxBytesError{}); errors.As(err, &tooLarge) {
		status = http.StatusRequestEntityTooLarge
	}
	refuse(w, r, status, fault.BadUserInput)
	return false
}

// ends tells whether nothing follows what was read.
func ends(decoder *json.Decoder) error {
	if _, rest := decoder.Token(); !errors.Is(rest, io.EOF) {
		return errors.Join(rest, errTrailing)
	}
	return nil
}

var errTrailing = errors.New("something follows the request")

func isJSON(r *http.Request) bool {
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return mediaType == plainJSON
}

// responseType is the first of the two types that a client accepts; plain JSON for whoever takes anything, the specification's own
// for whoever takes neither.
func responseType(accept string) string {
	if accept == "" {
		return plainJSON
	}
	for part := range strings.SplitSeq(accept, ",") {
		mediaType, parameters, _ := mime.ParseMediaType(strings.TrimSpace(part))
		if weight, err := strconv.ParseFloat(parameters["q"], 64); err == nil && weight == 0 {
			continue // it is what is not wanted
		}
		switch mediaType {
		case plainJSON, "application/*", "*/*":
			return plainJSON
		case responseJSON:
			return responseJSON
		}
	}
	return responseJSON
}

// writeResponse writes an answer. Data is JSON already, made by the executor: it is not read again to be written.
func writeResponse(w io.Writer, response *graphql.Response, cost string) {
	var text bytes.Buffer
	text.Grow(len(response.Data) + len(cost) + 64)
	text.WriteByte('{')
	if len(response.Errors) > 0 {
		if errs, err := json.Marshal(response.Errors); err == nil { // they are our own: they can be written
			text.WriteString(`"errors":`)
			text.Write(errs)
			text.WriteByte(',')
		}
	}
	text.WriteString(`"data":`)
	if len(response.Data) == 0 {
		text.WriteString("null")
	}
	text.Write(response.Data)
	if cost != "" {
		text.WriteString(`,"extensions":{"cost":`)
		text.WriteString(cost)
		text.WriteByte('}')
	}
	text.WriteByte('}')
	_, _ = w.Write(text.Bytes()) // the client may be gone
}
