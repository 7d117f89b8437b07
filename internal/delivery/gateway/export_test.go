package gateway

// Guarded, ErrPrivate and IsPublic let a test dial as a gateway does.
var (
	Guarded    = guardedClient
	ErrPrivate = errPrivate
	IsPublic   = isPublic
)
