package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
)

// costOf says what an operation was reckoned to cost and what it may, and, where requests are bounded, how many are left until when, as JSON; it is written by
// hand, since each answer has it.
func costOf(ctx context.Context, h http.Header) string {
	stats := extension.GetComplexityStats(ctx)
	if stats == nil { // it was refused before it was reckoned
		if left := budget(h); left != "" {
			return "{" + left[1:] + "}"
		}
		return ""
	}
	return `{"requested":` + strconv.Itoa(stats.Complexity) + `,"maximum":` + strconv.Itoa(stats.ComplexityLimit) + budget(h) + `}`
}

// budget is what the headers of the tightest bound say: of the account or of the address, whichever has less left.
func budget(h http.Header) string {
	seconds, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return ""
	}
	return `,"requests":{"limit":` + h.Get("X-RateLimit-Limit") + `,"remaining":` + h.Get("X-RateLimit-Remaining") +
		`,"resetsAt":"` + time.Unix(seconds, 0).UTC().Format(time.RFC3339) + `"}`
}

// shownBudget is where the context of a stream or socket has the headers that its client cannot see.
type shownBudget struct{}

// tellCost lets the first response of an operation on a stream or a socket say what every plain answer says. Later events of a subscription cost nothing more.
func tellCost(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	shown, ok := ctx.Value(shownBudget{}).(func() http.Header)
	if !ok {
		return next(ctx)
	}
	respond, told := next(ctx), false
	return func(ctx context.Context) *graphql.Response {
		response := respond(ctx)
		if response == nil || told {
			return response
		}
		told = true
		if cost := costOf(ctx, shown()); cost != "" {
			if response.Extensions == nil {
				response.Extensions = map[string]any{}
			}
			response.Extensions["cost"] = json.RawMessage(cost)
		}
		return response
	}
}
