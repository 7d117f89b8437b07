package resolvers

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	"purser/graph/model"
	"purser/internal/locale"
	"purser/internal/money"
	"purser/internal/request"
	"purser/models"
)

// currencyView shows a currency in the language of the request.
func (r *Resolver) currencyView(ctx context.Context, letter string) *model.Currency {
	c, _ := r.Wallets.CurrencyRow(letter)
	name := c.NameEN
	if request.Of(ctx).Locale == locale.RU {
		name = c.NameRU
	}
	return &model.Currency{
		Letter: c.Letter, Code: c.Code, Name: name, Exponent: c.Exponent,
		Fee: &model.FeeSchedule{
			RateBasisPoints: int(c.FeeRateBasisPoints),
			Minimum:         money.Format(c.FeeMinMinor, c.Exponent), Maximum: money.Format(c.FeeMaxMinor, c.Exponent),
		},
	}
}

func amountView(c *model.Currency, minor int64) *model.Money {
	return &model.Money{Amount: money.Format(minor, c.Exponent), Currency: c}
}

func (r *Resolver) moneyView(ctx context.Context, a money.Amount) *model.Money {
	return amountView(r.currencyView(ctx, string(a.Currency.Letter)), a.Minor)
}

func (r *Resolver) walletView(ctx context.Context, w models.Wallet) *model.Wallet {
	currency := r.currencyView(ctx, w.Currency)
	return &model.Wallet{
		ID: globalID(kindWallet, w.Number), WalletID: w.ID, AccountID: w.AccountID, Number: w.Number, Currency: currency, Name: w.Name,
		Balance: amountView(currency, w.Balance), IsDefault: w.IsDefault, OpenedAt: w.OpenedAt, ClosedAt: w.ClosedAt,
	}
}

// walletOf shows a wallet, or nothing beside an error.
func (r *Resolver) walletOf(ctx context.Context, w models.Wallet, err error) *model.Wallet {
	if err != nil {
		return nil
	}
	return r.walletView(ctx, w)
}

// loadWallet reads one of an account's own wallets.
func (r *Resolver) loadWallet(ctx context.Context, account uuid.UUID, number string) (*model.Wallet, error) {
	wallet, err := loadersOf(ctx).wallets.Load(ctx, ownedNumber{account, number})
	return r.walletOf(ctx, wallet, err), err
}

func entryView(wallet *model.Wallet, e models.Entry) *model.Entry {
	return &model.Entry{
		ID: globalID(kindEntry, wallet.Number, strconv.FormatInt(e.Version, 10)), Wallet: wallet, AccountID: wallet.AccountID,
		TransferID: e.TransferID, Amount: amountView(wallet.Currency, e.Amount), BalanceAfter: amountView(wallet.Currency, e.BalanceAfter),
		Sequence: int(e.Version), PostedAt: e.PostedAt,
	}
}

func entryConnection(wallet *model.Wallet, entries []models.Entry, info *model.PageInfo) *model.EntryConnection {
	connection := &model.EntryConnection{Edges: []*model.EntryEdge{}, Nodes: []*model.Entry{}, PageInfo: info}
	for _, e := range entries {
		view := entryView(wallet, e)
		connection.Nodes = append(connection.Nodes, view)
		connection.Edges = append(connection.Edges, &model.EntryEdge{Cursor: entryCursor(e), Node: view})
	}
	return connection
}

func entryCursor(e models.Entry) string { return entryCursorOf(e.Version) }
