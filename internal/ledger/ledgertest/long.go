package ledgertest

import (
	"os"
	"strconv"
)

// Long tells whether tests run in their long form: `make test-long` sets PURSER_LONG=1. The long form differs from the short one
// in numbers alone, those given to Size.
func Long() bool {
	long, _ := strconv.ParseBool(os.Getenv("PURSER_LONG")) // what cannot be read is not set
	return long
}

// Size is how many clients, rounds or faults a test has: short in `make test`, long in `make test-long`.
func Size(short, long int) int {
	if Long() {
		return long
	}
	return short
}
