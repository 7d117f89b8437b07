package models

import (
	"time"

	"github.com/google/uuid"
)

// Values of Wallet.Kind.
const (
	WalletUser      = "USER"
	WalletIssue     = "ISSUE"
	WalletFees      = "FEES"
	WalletProtected = "PROTECTED"
)

// Values of Transfer.Kind, Transfer.Status, Transfer.FeePaidBy and Transfer.Protection.
const (
	TransferPayment    = "PAYMENT"
	TransferRefund     = "REFUND"
	TransferIssue      = "ISSUE"
	TransferRedemption = "REDEMPTION"

	TransferAwaitingConfirmation = "AWAITING_CONFIRMATION"
	TransferProtected            = "PROTECTED"
	TransferCompleted            = "COMPLETED"
	TransferReturned             = "RETURNED"
	TransferCancelled            = "CANCELLED"
	TransferExpired              = "EXPIRED"

	FeePaidBySender    = "SENDER"
	FeePaidByRecipient = "RECIPIENT"

	ProtectedByCode = "CODE"
	ProtectedByTime = "TIME"
)

// Currency is a row of the currency table. Fees are in basis points and minor units.
type Currency struct {
	Letter             string `gorm:"column:letter;primaryKey"`
	Code               string `gorm:"column:code"`
	NameEN             string `gorm:"column:name_en"`
	NameRU             string `gorm:"column:name_ru"`
	Exponent           int    `gorm:"column:exponent"`
	FeeRateBasisPoints int64  `gorm:"column:fee_rate_basis_points"`
	FeeMinMinor        int64  `gorm:"column:fee_min_minor"`
	FeeMaxMinor        int64  `gorm:"column:fee_max_minor"`
	Position           int    `gorm:"column:position"`
}

// TableName is the table's.
func (Currency) TableName() string { return "currencies" }

// Wallet holds money of one currency, in minor units. Balance, Version and HeadHash are the ledger's alone to write.
type Wallet struct {
	ID        int64      `gorm:"column:id;primaryKey;autoIncrement"`
	Number    string     `gorm:"column:number"`
	AccountID uuid.UUID  `gorm:"column:account_id"`
	Kind      string     `gorm:"column:kind"`
	Currency  string     `gorm:"column:currency"`
	Shard     int        `gorm:"column:shard"` // of a system wallet; 0 for a user's
	Name      string     `gorm:"column:name"`
	IsDefault bool       `gorm:"column:is_default"`
	Balance   int64      `gorm:"column:balance;->"`
	Version   int64      `gorm:"column:version;->"`
	HeadHash  []byte     `gorm:"column:head_hash;->"`
	OpenedAt  time.Time  `gorm:"column:opened_at"`
	ClosedAt  *time.Time `gorm:"column:closed_at"`
	Incoming  int64      `gorm:"column:incoming;->"`    // protected money that may still come to it, in minor units
	Shut      bool       `gorm:"column:shut"`           // nothing comes in: its owner is closing the account
	Screened  bool       `gorm:"column:screened"`       // its owner blocks somebody, or takes from contacts only
	Notified  bool       `gorm:"column:notified;->"`    // its owner wants to be told of something
	Cap       *int64     `gorm:"column:balance_cap;->"` // what it may hold, by its owner's certificate; nil: anything
}

// TableName is the table's.
func (Wallet) TableName() string { return "wallets" }

// IsOpen tells whether the wallet takes part in transfers.
func (w Wallet) IsOpen() bool { return w.ClosedAt == nil }

// Transfer is what was asked and what became of it. Amount and Fee are in minor units.
type Transfer struct {
	ID             uuid.UUID  `gorm:"column:id;primaryKey"`
	Kind           string     `gorm:"column:kind"`
	Status         string     `gorm:"column:status"`
	AccountID      uuid.UUID  `gorm:"column:account_id"`
	IdempotencyKey uuid.UUID  `gorm:"column:idempotency_key"`
	Fingerprint    []byte     `gorm:"column:fingerprint"`
	Currency       string     `gorm:"column:currency"`
	FromWalletID   int64      `gorm:"column:from_wallet_id"`
	ToWalletID     int64      `gorm:"column:to_wallet_id"`
	FromAccountID  uuid.UUID  `gorm:"column:from_account_id"`
	ToAccountID    uuid.UUID  `gorm:"column:to_account_id"`
	Amount         int64      `gorm:"column:amount"`
	Fee            int64      `gorm:"column:fee"`
	FeePaidBy      string     `gorm:"column:fee_paid_by"`
	Memo           string     `gorm:"column:memo"`
	ChallengeID    *uuid.UUID `gorm:"column:challenge_id"`
	ConfirmBy      *time.Time `gorm:"column:confirm_by"`
	ConfirmedAt    *time.Time `gorm:"column:confirmed_at"`
	CreatedAt      time.Time  `gorm:"column:created_at"`
	PostedAt       *time.Time `gorm:"column:posted_at"`
	CompletedAt    *time.Time `gorm:"column:completed_at"`

	// Of a protected one. The term runs from the posting; SettleAt is when it ends, or when something has ended it.
	Protection     *string    `gorm:"column:protection"`
	ProtectionMAC  []byte     `gorm:"column:protection_mac"`
	ProtectionDays *int       `gorm:"column:protection_days"`
	AttemptsLeft   *int       `gorm:"column:attempts_left"`
	ProtectedUntil *time.Time `gorm:"column:protected_until"`
	AcceptedAt     *time.Time `gorm:"column:accepted_at"`
	SettleAt       *time.Time `gorm:"column:settle_at"`

	RefundOf *uuid.UUID `gorm:"column:refund_of"` // the payment that it sends back, whole or in part
	Refunded int64      `gorm:"column:refunded"`  // what was sent back of it, in minor units
}

// TableName is the table's.
func (Transfer) TableName() string { return "transfers" }

// Debit is what leaves the sender's wallet, in minor units: the amount, and the fee when the sender pays it.
func (t Transfer) Debit() int64 {
	if t.FeePaidBy == FeePaidBySender {
		return t.Amount + t.Fee
	}
	return t.Amount
}

// IsProtected tells whether the money is, or will be once it has left, out of reach of both sides for a term.
func (t Transfer) IsProtected() bool { return t.Protection != nil }

// Credit is what reaches the recipient's wallet, in minor units: the amount, less the fee when the recipient pays it.
func (t Transfer) Credit() int64 { return t.Debit() - t.Fee }

// Entry is one line of a wallet's history: a signed amount and the balance it led to, in minor units. Append-only.
type Entry struct {
	WalletID     int64     `gorm:"column:wallet_id;primaryKey"`
	Version      int64     `gorm:"column:version;primaryKey"`
	TransferID   uuid.UUID `gorm:"column:transfer_id"`
	Amount       int64     `gorm:"column:amount"`
	BalanceAfter int64     `gorm:"column:balance_after"`
	PostedAt     time.Time `gorm:"column:posted_at"`
	Hash         []byte    `gorm:"column:hash"`
}

// TableName is the table's.
func (Entry) TableName() string { return "entries" }

// ConfirmationPolicy is how much an account may send to others without a code, in minor units of a currency. AskedUpTo is a
// raise that waits for the code of ChallengeID.
type ConfirmationPolicy struct {
	AccountID       uuid.UUID  `gorm:"column:account_id;primaryKey"`
	Currency        string     `gorm:"column:currency;primaryKey"`
	WithoutCodeUpTo int64      `gorm:"column:without_code_upto"`
	AskedUpTo       *int64     `gorm:"column:asked_upto"`
	ChallengeID     *uuid.UUID `gorm:"column:challenge_id"`
}

// TableName is the table's.
func (ConfirmationPolicy) TableName() string { return "confirmation_policies" }

// SpendingLimit is what a certificate lets an account send to others, and each of its wallets hold, in minor units of a currency.
type SpendingLimit struct {
	Level      string `gorm:"column:level;primaryKey"`
	Currency   string `gorm:"column:currency;primaryKey"`
	PerDay     int64  `gorm:"column:per_day"`
	PerWeek    int64  `gorm:"column:per_week"`
	PerMonth   int64  `gorm:"column:per_month"`
	BalanceCap int64  `gorm:"column:balance_cap"`
}

// TableName is the table's.
func (SpendingLimit) TableName() string { return "spending_limits" }

// Spending is what an account has sent to others lately, in minor units of a currency. The ledger alone writes it.
type Spending struct {
	AccountID    uuid.UUID `gorm:"column:account_id;primaryKey"`
	Currency     string    `gorm:"column:currency;primaryKey"`
	SpentAt      time.Time `gorm:"column:spent_at"`
	Day          int64     `gorm:"column:day"`
	Week         int64     `gorm:"column:week"`
	Month        int64     `gorm:"column:month"`
	UncodedSince time.Time `gorm:"column:uncoded_since"`               // beginning of the newest hour of UncodedHours
	Uncoded      int64     `gorm:"column:uncoded"`                     // the sum of UncodedHours, as of SpentAt
	UncodedHours []int64   `gorm:"column:uncoded_hours;type:bigint[]"` // sent without a code, hour by hour, the newest first
}

// TableName is the table's.
func (Spending) TableName() string { return "spending" }
