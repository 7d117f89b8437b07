package localpg

import "testing"

func TestBuffersFollowTheMachinesMemory(t *testing.T) {
	t.Parallel()
	for physical, want := range map[uint64]string{0: "128MB", 512 << 20: "128MB", 8 << 30: "1024MB", 256 << 30: "2048MB"} {
		if got := sharedBuffers(physical); got != want {
			t.Errorf("of %d bytes Postgres gets %s, want %s", physical, got, want)
		}
	}
}
