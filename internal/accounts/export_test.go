package accounts

// CommonPasswords is how many there are on the list.
func CommonPasswords() int { return len(common()) }
