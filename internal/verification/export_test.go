package verification

// NewCode draws a code, for the test of its randomness.
var NewCode = newCode
