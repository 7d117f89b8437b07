package ledger

import (
	"context"
	"testing"
)

func TestWhatIsNotTracedCostsNothing(t *testing.T) {
	ctx, group := context.Background(), []*job{{}, {}}
	if n := testing.AllocsPerRun(100, func() {
		if traced(ctx) != nil {
			t.Error("a posting of nobody is traced")
		}
		_, end := traceGroup(ctx, group)
		end()
	}); n != 0 {
		t.Errorf("it costs %v allocations", n)
	}
}
