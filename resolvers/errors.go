package resolvers

import (
	"context"
	"errors"
	"log/slog"
	"regexp"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/request"
)

// libraryCodes are the codes that the GraphQL library gives, with messages that speak of the document only.
var libraryCodes = map[string]bool{
	errcode.ParseFailed: true, errcode.ValidationFailed: true, "COMPLEXITY_LIMIT_EXCEEDED": true, "PERSISTED_QUERY_NOT_FOUND": true,
}

// What the library says of a document quotes the values in it, and whatever secret is among them. The names of fields, arguments and types stay.
var quoted = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`(?s)(cannot represent [^:]*): .*`), "${1}."},
	{regexp.MustCompile(`(?s)((?:String|BlockString|Int|Float|Name|Comment|Invalid)) ".*"`), "${1}"},
	{regexp.MustCompile(`(?s)^Value ".*" does not exist in`), "A value does not exist in"},
	{regexp.MustCompile(`(?s), found .*`), "."},
	{regexp.MustCompile(`(?s)^.* is not a valid `), "A value is not a valid "},
}

func withoutValues(message string) string {
	for _, q := range quoted {
		message = q.what.ReplaceAllString(message, q.with)
	}
	return message
}

// refused turns the refusals in err into user errors. What no person can act on stays an error: who may not, a request that
// is not well formed, a busy server, and every fault of ours.
func (r *Resolver) refused(ctx context.Context, err error) ([]model.UserError, error) {
	if err == nil {
		return []model.UserError{}, nil
	}
	faults, ok := fault.All(err)
	if !ok {
		return nil, err
	}
	list := make([]model.UserError, len(faults))
	for i, f := range faults {
		switch f.Code {
		case fault.Unauthenticated, fault.Forbidden, fault.BadUserInput, fault.Overloaded:
			return nil, err
		}
		list[i] = r.userError(ctx, f)
	}
	return list, nil
}

// userError picks the schema's type for a refusal: the one that carries its facts.
func (r *Resolver) userError(ctx context.Context, f *fault.Fault) model.UserError {
	code, message := model.ErrorCode(f.Code), sentence(ctx, f)
	switch facts := f.Facts.(type) {
	case fault.FundsFacts:
		return model.InsufficientFunds{Code: code, Message: message, Field: f.Field,
			Available: r.moneyView(ctx, facts.Available), Required: r.moneyView(ctx, facts.Required)}
	case fault.MismatchFacts:
		return model.CurrencyMismatch{Code: code, Message: message, Field: f.Field, From: string(facts.From), To: string(facts.To)}
	case fault.LimitFacts:
		return model.LimitExceeded{Code: code, Message: message, Field: f.Field, Limit: r.moneyView(ctx, facts.Limit),
			Remaining: r.moneyView(ctx, facts.Remaining), ResetsAt: facts.ResetsAt}
	case fault.AttemptsFacts:
		return model.CodeRejected{Code: code, Message: message, Field: f.Field, AttemptsLeft: facts.Left}
	case fault.HoldFacts:
		return model.TransfersHeld{Code: code, Message: message, Field: f.Field, Until: facts.Until, RetryAfterSeconds: facts.Seconds()}
	case fault.RetryFacts:
		return model.RateLimited{Code: code, Message: message, Field: f.Field, RetryAfterSeconds: facts.Seconds()}
	}
	switch f.Code {
	case fault.InvalidInput:
		return model.InvalidInput{Code: code, Message: message, Field: f.Field}
	case fault.IdempotencyKeyReused:
		return model.IdempotencyKeyReused{Code: code, Message: message, Field: f.Field}
	default:
		return model.Refusal{Code: code, Message: message, Field: f.Field}
	}
}

// sentence is what a person reads about a fault, in the language of the request.
func sentence(ctx context.Context, f *fault.Fault) string {
	id, values := f.Sentence()
	return request.Of(ctx).Locale.Text(id, values)
}

// Present is the one place where errors become part of an answer. A fault shows its code; anything else is ours: it is
// logged, and the client gets a reference to the log and nothing more.
func Present(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		shown := &gqlerror.Error{Path: graphql.GetPath(ctx), Extensions: map[string]any{}}
		var library *gqlerror.Error
		if errors.As(err, &library) {
			shown.Path, shown.Locations = library.Path, library.Locations
			if code, _ := library.Extensions["code"].(string); libraryCodes[code] {
				shown.Message, shown.Extensions["code"] = withoutValues(library.Message), code
				return shown
			}
		}

		faults, ok := fault.All(err)
		switch {
		case ok:
			return presentFault(ctx, shown, faults[0])
		case library != nil && library.Unwrap() == nil:
			// The library's own words about a body it could not read: they would repeat the body, and whatever secret is in it.
			return presentFault(ctx, shown, fault.New(fault.BadUserInput))
		}
		reference := request.Of(ctx).ID
		if !errors.Is(err, context.Canceled) { // a client that went away is no fault
			log.ErrorContext(ctx, "a request failed", "reference", reference, "path", shown.Path.String(), "error", err)
		}
		shown.Message = request.Of(ctx).Locale.Text(string(fault.Internal), nil)
		shown.Extensions["code"], shown.Extensions["reference"] = fault.Internal, reference
		return shown
	}
}

func presentFault(ctx context.Context, shown *gqlerror.Error, f *fault.Fault) *gqlerror.Error {
	shown.Message = sentence(ctx, f)
	shown.Extensions["code"] = f.Code
	if len(f.Field) > 0 {
		shown.Extensions["field"] = f.Field
	}
	if facts, ok := f.Facts.(fault.RetryFacts); ok {
		shown.Extensions["retryAfterSeconds"] = facts.Seconds()
	}
	return shown
}
