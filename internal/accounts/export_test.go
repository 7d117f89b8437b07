package accounts

// What the tests of the pure rules call.
var (
	Email    = email
	EmailKey = emailKey
)

// CommonPasswords is how many there are on the list.
func CommonPasswords() int { return len(common()) }
