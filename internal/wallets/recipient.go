package wallets

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/fault"
	"purser/internal/number"
	"purser/internal/request"
	"purser/internal/verification"
)

// Recipient says whom one means, as it was typed: by a wallet, or a person. Exactly one is set.
type Recipient struct{ WalletNumber, WMID, Phone *string }

// Read judges its form, and returns it in one spelling. Faults: InvalidWalletNumber, InvalidWMID, InvalidPhone, InvalidInput; at the field and the
// one below it.
func (to Recipient) Read(info request.Info, field string) (string, error) {
	given := 0
	for _, way := range []*string{to.WalletNumber, to.WMID, to.Phone} {
		if way != nil {
			given++
		}
	}
	if given != 1 {
		return "", fault.Invalid(fault.OneOf, field)
	}
	switch {
	case to.WalletNumber != nil:
		walletNumber := strings.TrimSpace(*to.WalletNumber)
		if !number.ValidWallet(walletNumber) {
			return "", fault.New(fault.InvalidWalletNumber, field, "walletNumber")
		}
		return walletNumber, nil
	case to.WMID != nil:
		wmid := strings.TrimSpace(*to.WMID)
		if !number.ValidWMID(wmid) {
			return "", fault.New(fault.InvalidWMID, field, "wmid")
		}
		return wmid, nil
	default:
		return accounts.Phone(*to.Phone, info.Locale, field, "phone")
	}
}

const (
	looksPerHour      = 600
	phoneLooksPerHour = 100
)

// Looks is how often an account may ask who somebody is, whatever it asks for: an answer tells a name and whether a number is anybody's.
func Looks(viewer uuid.UUID) verification.Limit {
	return verification.Limit{Name: "recipients", Subject: viewer.String(), Most: looksPerHour, Window: time.Hour}
}

// PhoneLooks is the same for phones, of which nobody may go through a list.
func PhoneLooks(viewer uuid.UUID) verification.Limit {
	return verification.Limit{Name: "recipients by phone", Subject: viewer.String(), Most: phoneLooksPerHour, Window: time.Hour}
}
