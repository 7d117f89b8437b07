package localpg

import "fmt"

const (
	mebibyte     = 1 << 20
	leastBuffers = 128 * mebibyte // Postgres's own choice
	mostBuffers  = 2048 * mebibyte
	buffersOf    = 8 // the part of the machine's memory: it has other things to do
)

// sharedBuffers is how much memory Postgres gets for pages. It takes what it uses, so a small database costs little; one of
// millions of entries would else read its indexes again and again.
func sharedBuffers(physical uint64) string {
	return fmt.Sprintf("%dMB", min(max(physical/buffersOf, leastBuffers), mostBuffers)/mebibyte)
}
