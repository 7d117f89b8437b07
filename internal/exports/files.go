package exports

import (
	"time"

	"github.com/google/uuid"

	"purser/internal/notifications"
)

// What the files of an archive hold. README.txt explains them; their names are the API's where it has the same.

type profile struct {
	WMID             string    `json:"wmid"`
	Phone            string    `json:"phone"`
	Email            string    `json:"email"`
	EmailVerified    bool      `json:"emailVerified"`
	FirstName        string    `json:"firstName"`
	MiddleName       string    `json:"middleName"`
	LastName         string    `json:"lastName"`
	BirthDate        string    `json:"birthDate"`
	SecurityQuestion string    `json:"securityQuestion"`
	Certificate      string    `json:"certificate"`
	Locale           string    `json:"locale"`
	Status           string    `json:"status"`
	CreatedAt        time.Time `json:"createdAt"`
	IncomingPolicy   string    `json:"incomingPolicy"`
}

type session struct {
	Device     string    `json:"device"`
	Platform   string    `json:"platform"`
	CreatedAt  time.Time `json:"createdAt"`
	LastSeenAt time.Time `json:"lastSeenAt"`
	ExpiresAt  time.Time `json:"expiresAt"`
}

type securityEvent struct {
	Kind       string    `json:"kind"`
	OccurredAt time.Time `json:"occurredAt"`
	Device     string    `json:"device"`
	Platform   string    `json:"platform"`
	Network    string    `json:"network"`
}

type agreement struct {
	Kind       string    `json:"kind"`
	Version    int       `json:"version"`
	AcceptedAt time.Time `json:"acceptedAt"`
	Device     string    `json:"device"`
	Platform   string    `json:"platform"`
}

type certificateRequest struct {
	Level     string     `json:"level"`
	Status    string     `json:"status"`
	Reason    string     `json:"reason"`
	CreatedAt time.Time  `json:"createdAt"`
	DecidedAt *time.Time `json:"decidedAt"`
}

type wallet struct {
	Number    string     `json:"number"`
	Currency  string     `json:"currency"`
	Name      string     `json:"name"`
	Balance   string     `json:"balance"`
	IsDefault bool       `json:"isDefault"`
	OpenedAt  time.Time  `json:"openedAt"`
	ClosedAt  *time.Time `json:"closedAt"`
}

type entry struct {
	WalletNumber string    `json:"walletNumber"`
	Sequence     int64     `json:"sequence"`
	Transfer     uuid.UUID `json:"transfer"`
	Amount       string    `json:"amount"`
	BalanceAfter string    `json:"balanceAfter"`
	PostedAt     time.Time `json:"postedAt"`
}

type party struct {
	WalletNumber string `json:"walletNumber"`
	WMID         string `json:"wmid"`
	DisplayName  string `json:"displayName"`
}

type transfer struct {
	ID          uuid.UUID  `json:"id"`
	Kind        string     `json:"kind"`
	Status      string     `json:"status"`
	From        party      `json:"from"`
	To          party      `json:"to"`
	Currency    string     `json:"currency"`
	Amount      string     `json:"amount"`
	Fee         string     `json:"fee"`
	FeePaidBy   string     `json:"feePaidBy"`
	Memo        string     `json:"memo"`
	CreatedAt   time.Time  `json:"createdAt"`
	CompletedAt *time.Time `json:"completedAt"`
	Protection  *string    `json:"protection"`
	ProtectedTo *time.Time `json:"protectedUntil"`
	RefundOf    *uuid.UUID `json:"refundOf"`
	Refunded    string     `json:"refunded"`
}

type passkey struct {
	Name       string     `json:"name"`
	CreatedAt  time.Time  `json:"createdAt"`
	LastUsedAt *time.Time `json:"lastUsedAt"`
}

type policy struct {
	Currency        string `json:"currency"`
	WithoutCodeUpTo string `json:"withoutCodeUpTo"`
}

type blocked struct {
	WMID      string    `json:"wmid"`
	CreatedAt time.Time `json:"createdAt"`
}

type notified struct {
	Events     []choice             `json:"events"`
	QuietHours *notifications.Quiet `json:"quietHours"`
	Devices    []device             `json:"devices"`
}

type choice struct {
	Event    string   `json:"event"`
	Channels []string `json:"channels"`
}

type device struct {
	Name      string    `json:"name"`
	Kind      string    `json:"kind"`
	CreatedAt time.Time `json:"createdAt"`
}

type contact struct {
	WMID         string    `json:"wmid"`
	Name         string    `json:"name"`
	WalletNumber *string   `json:"walletNumber"`
	CreatedAt    time.Time `json:"createdAt"`
}

type refused struct {
	From      string    `json:"from"`
	To        string    `json:"to"`
	Amount    string    `json:"amount"`
	Code      string    `json:"code"`
	RefusedAt time.Time `json:"refusedAt"`
}
