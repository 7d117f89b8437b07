package number_test

import (
	"strings"
	"testing"

	"purser/internal/number"
)

func TestCheckDigitOfTheStandardsExample(t *testing.T) {
	t.Parallel()
	// ISO/IEC 7064 gives 0794 with check digit 5 as its MOD 11,10 example.
	if got := number.CheckDigit("0794"); got != '5' {
		t.Errorf("CheckDigit(0794) = %c, want 5", got)
	}
}

func TestEveryMistypedDigitIsCaught(t *testing.T) {
	t.Parallel()
	for range 200 {
		wmid := number.NewWMID()
		if !number.ValidWMID(wmid) {
			t.Fatalf("a fresh WMID %q is not valid", wmid)
		}
		for i := range wmid {
			for digit := byte('0'); digit <= '9'; digit++ {
				mistyped := wmid[:i] + string(digit) + wmid[i+1:]
				if mistyped != wmid && number.ValidWMID(mistyped) {
					t.Fatalf("%q was accepted for %q", mistyped, wmid)
				}
			}
		}
	}
}

func TestWalletNumbersCarryTheirLetter(t *testing.T) {
	t.Parallel()
	wallet := number.NewWallet("Z")
	if !number.ValidWallet(wallet) || wallet[0] != 'Z' {
		t.Fatalf("a fresh wallet number %q is not valid", wallet)
	}
	for _, wrong := range []string{"", wallet[1:], strings.ToLower(wallet), wallet + "0", " " + wallet, "Ж" + wallet[1:], "Z12345678901\x00"} {
		if number.ValidWallet(wrong) {
			t.Errorf("%q was accepted", wrong)
		}
	}
}
