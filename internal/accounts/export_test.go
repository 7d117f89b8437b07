package accounts

// What the tests of the pure rules call.
var (
	Email         = email
	EmailKey      = emailKey
	CheckPassword = checkPassword
)
