package gateway

// Guarded and ErrPrivate let a test dial as a gateway does.
var (
	Guarded    = guardedClient
	ErrPrivate = errPrivate
)
