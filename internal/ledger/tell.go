package ledger

import (
	"purser/internal/notices"
	"purser/models"
)

// tell is what the owners of the wallets are to be told of what a group has posted. A wallet whose owner wants nothing is marked so, and costs
// nothing; most groups write nothing.
func (b *book) tell(verdicts []*verdict) (drafts []notices.Draft) {
	for _, v := range verdicts {
		t := v.outcome.Transfer
		if !v.posted || t.FromAccountID == t.ToAccountID {
			continue
		}
		from, to := b.wallets[t.FromWalletID], b.wallets[t.ToWalletID]
		if to != nil && to.Notified {
			drafts = append(drafts, notices.Draft{Account: t.ToAccountID, Event: arrives(t), Subject: t.ID.String(), Session: v.session})
		}
		if from == nil || !from.Notified {
			continue
		}
		switch {
		case !v.ended:
			drafts = append(drafts, notices.Draft{Account: t.FromAccountID, Event: models.MoneySent, Subject: t.ID.String(), Session: v.session})
		case t.Status == models.TransferReturned || t.Status == models.TransferCompleted:
			drafts = append(drafts, notices.Draft{Account: t.FromAccountID, Event: models.TransferEnded, Subject: t.ID.String(), Session: v.session})
		}
	}
	return drafts
}

// arrives is what a transfer is to its recipient.
func arrives(t models.Transfer) string {
	switch t.Status {
	case models.TransferProtected:
		return models.MoneyProtected
	case models.TransferReturned:
		return models.TransferEnded
	}
	return models.MoneyReceived
}
