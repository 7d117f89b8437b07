package money_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"purser/internal/money"
)

func TestParse(t *testing.T) {
	t.Parallel()
	welcome := map[string]int64{"12": 1200, "12.5": 1250, "12.50": 1250, "0.01": 1, "0": 0, "0012.30": 1230}
	for text, want := range welcome {
		if got, err := money.Parse(text, 2); err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v; want %d", text, got, err, want)
		}
	}

	refused := map[string]error{
		"": money.ErrMalformed, ".": money.ErrMalformed, "12.": money.ErrMalformed, ".5": money.ErrMalformed,
		"+1": money.ErrMalformed, "-1": money.ErrMalformed, " 1": money.ErrMalformed, "1 ": money.ErrMalformed,
		"1e3": money.ErrMalformed, "NaN": money.ErrMalformed, "1,5": money.ErrMalformed, "1.2.3": money.ErrMalformed,
		"١٢": money.ErrMalformed, "0x10": money.ErrMalformed, "1_000": money.ErrMalformed, "1\x00": money.ErrMalformed,
		"12.505": money.ErrTooFine, "12.500": money.ErrTooFine,
		"9223372036854775808": money.ErrTooLarge, "9000000000000.01": money.ErrTooLarge,
		"00000000000000000000000000000000000000000001": money.ErrMalformed,
	}
	for text, want := range refused {
		if got, err := money.Parse(text, 2); !errors.Is(err, want) {
			t.Errorf("Parse(%q) = %d, %v; want %v", text, got, err, want)
		}
	}
}

func TestFormatIsTheInverseOfParse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Range(0, money.MaxMinor).Draw(t, "minor")
		exponent := rapid.IntRange(0, 4).Draw(t, "exponent")
		text := money.Format(minor, exponent)
		if back, err := money.Parse(text, exponent); err != nil || back != minor {
			t.Fatalf("%d is written %q and read back as %d, %v", minor, text, back, err)
		}
	})
}

func TestFormatOfNegativeAndExtremeAmounts(t *testing.T) {
	t.Parallel()
	for minor, want := range map[int64]string{
		-1: "-0.01", -1250: "-12.50", 0: "0.00", 5: "0.05",
		math.MinInt64: "-92233720368547758.08", math.MaxInt64: "92233720368547758.07",
	} {
		if got := money.Format(minor, 2); got != want {
			t.Errorf("Format(%d) = %q, want %q", minor, got, want)
		}
	}
}

func TestFeeIsTheRateRoundedUpWithinItsBounds(t *testing.T) {
	t.Parallel()
	dollars := money.FeeSchedule{RateBasisPoints: 80, MinMinor: 1, MaxMinor: 5000}
	for amount, want := range map[int64]int64{1: 1, 125: 1, 126: 2, 10_000: 80, 625_000: 5000, 625_001: 5000, money.MaxMinor: 5000} {
		if got := dollars.Of(amount); got != want {
			t.Errorf("fee of %d = %d, want %d", amount, got, want)
		}
	}

	rapid.Check(t, func(t *rapid.T) {
		schedule := money.FeeSchedule{
			RateBasisPoints: rapid.Int64Range(0, 10_000).Draw(t, "rate"),
			MinMinor:        rapid.Int64Range(0, 100).Draw(t, "min"),
			MaxMinor:        rapid.Int64Range(100, money.MaxMinor).Draw(t, "max"),
		}
		amount := rapid.Int64Range(1, money.MaxMinor).Draw(t, "amount")

		exact := new(big.Int).Mul(big.NewInt(amount), big.NewInt(schedule.RateBasisPoints))
		exact.Add(exact, big.NewInt(9_999)).Div(exact, big.NewInt(10_000))
		want := min(max(exact.Int64(), schedule.MinMinor), schedule.MaxMinor)
		if got := schedule.Of(amount); got != want {
			t.Fatalf("fee of %d at %+v = %d, want %d", amount, schedule, got, want)
		}
	})
}
