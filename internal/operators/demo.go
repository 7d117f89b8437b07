package operators

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/postgres"
	"purser/models"
)

// DemoLogin is a person of the development data.
type DemoLogin struct {
	Email, Phone, Password string
	role, first, last      string
	funded                 bool
}

// DemoLogins are the people of the development data. Production has none of them.
var DemoLogins = []DemoLogin{
	{"operator@purser.test", "+79000000001", "operator-password", models.RoleOperator, "Olga", "Operator", false},
	{"anna@purser.test", "+79000000002", "demo-password", models.RolePerson, "Anna", "Petrova", true},
	{"boris@purser.test", "+79000000003", "demo-password", models.RolePerson, "Boris", "Ivanov", true},
}

// demoFunds is what each funded person has in each currency.
var demoFunds = []struct{ letter, amount string }{{"Z", "1000.00"}, {"E", "1000.00"}, {"P", "50000.00"}}

// demoKeys is the namespace of the idempotency keys that make a repeat of the funding do nothing.
var demoKeys = uuid.MustParse("70757273-6572-5000-8000-64656d6f0000")

// SeedDemo writes the development data. A repeat, also after a crash half way, adds only what is missing.
func (s *Service) SeedDemo(ctx context.Context, a *accounts.Service) error {
	return onlyOne(ctx, s.db, func() error {
		operator := models.Account{}
		for _, login := range DemoLogins {
			account, err := s.demoAccount(ctx, a, login)
			if err != nil {
				return err
			}
			if account.IsOperator() {
				operator = account
			}
			if !login.funded {
				continue
			}
			if err := s.demoWallets(ctx, operator, account); err != nil {
				return err
			}
		}
		return nil
	})
}

// RefuseDemo fails when somebody of the development data still has the password that stands in the README: with it anybody signs in. It changes nothing.
func (s *Service) RefuseDemo(ctx context.Context, a *accounts.Service) error {
	var public []string
	for _, login := range DemoLogins {
		known, err := hasPublicPassword(ctx, a, login)
		if err != nil {
			return fmt.Errorf("operators: demo people: %w", err)
		}
		if known {
			public = append(public, login.Email)
		}
	}
	if len(public) == 0 {
		return nil
	}
	return fmt.Errorf("the database has demo people whose passwords everybody knows: %s. Production needs a database of its own (DATABASE_URL); or start this one "+
		"with APP_ENV=development, sign in as each of them and change the password", strings.Join(public, ", "))
}

// hasPublicPassword looks for a demo person by phone and by address: either may have been changed.
func hasPublicPassword(ctx context.Context, a *accounts.Service, d DemoLogin) (bool, error) {
	for _, typed := range []string{d.Phone, d.Email} {
		account, err := a.FindByLogin(ctx, typed, locale.EN)
		if errors.Is(err, accounts.ErrUnknown) {
			continue
		}
		if err != nil {
			return false, err
		}
		if match, err := accounts.MatchesPassword(ctx, d.Password, account.PasswordHash); match || err != nil {
			return match, err
		}
	}
	return false, nil
}

func (s *Service) demoAccount(ctx context.Context, a *accounts.Service, d DemoLogin) (models.Account, error) {
	account, err := a.FindByLogin(ctx, d.Phone, locale.EN)
	if !errors.Is(err, accounts.ErrUnknown) {
		return account, err
	}
	passwordHash, err := accounts.HashPassword(ctx, d.Password)
	if err != nil {
		return account, err
	}
	answerHash, err := accounts.HashPassword(ctx, "purser")
	if err != nil {
		return account, err
	}
	return postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.Account, error) {
		return a.Create(tx, accounts.NewAccount{
			Role: d.role, CertificateLevel: models.CertificatePersonal, Locale: locale.EN, Phone: d.Phone, Email: d.Email, EmailVerified: true,
			FirstName: d.first, LastName: d.last, BirthDate: time.Date(1990, time.January, 1, 0, 0, 0, 0, time.UTC),
			PasswordHash: passwordHash, SecurityQuestion: "What is this demo called?", SecurityAnswerHash: answerHash,
		})
	})
}

// demoWallets opens and funds what is missing. What the person did since, with wallets or money, stays as it is.
func (s *Service) demoWallets(ctx context.Context, operator, account models.Account) error {
	mine, err := s.rooms.Wallets.Wallets(ctx, account.ID)
	if err != nil {
		return err
	}
	for _, funds := range demoFunds {
		at := slices.IndexFunc(mine, func(w models.Wallet) bool { return w.Currency == funds.letter })
		var wallet models.Wallet
		if at >= 0 {
			wallet = mine[at]
		} else if wallet, err = s.rooms.Wallets.Open(ctx, account.ID, funds.letter, ""); err != nil {
			return err
		}
		p, _, err := s.read(ctx, operator, models.TransferIssue, FundsRequest{
			WalletNumber: wallet.Number, Amount: funds.amount, Reference: "Demo funds",
			Key: uuid.NewSHA1(demoKeys, []byte(account.WMID+funds.letter)),
		})
		if err == nil {
			_, err = s.post(ctx, p) // whatever one operator may move alone
		}
		if err != nil && !fault.Is(err, fault.WalletClosed) {
			return err
		}
	}
	return nil
}
