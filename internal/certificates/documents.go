package certificates

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"image"
	_ "image/jpeg" // what documents may be
	_ "image/png"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/verification"
	"purser/models"
)

// Bounds of a document.
const (
	DocumentMost = 8 << 20 // bytes
	sideLeast    = 200     // pixels: less shows nothing
	sideMost     = 12_000  // pixels: more is no photograph, and would fill the memory of whoever shows it
	looseMost    = 10      // documents of an account that belong to no request yet

	uploadsPerHour = 30
	uploadWithin   = 15 * time.Minute
	viewWithin     = 5 * time.Minute
)

// Ways to use a signed address. One that is signed for a way is worth nothing for the other.
const (
	upload = "upload"
	view   = "view"
)

var documentKinds = map[string]bool{models.DocumentPassport: true, models.DocumentAddress: true, models.DocumentSelfie: true}

// Upload is where a document is to be sent, by PUT, once.
type Upload struct {
	ID        uuid.UUID
	URL       string
	ExpiresAt time.Time
}

// NewUpload makes an address for one document of the viewer. Nothing is stored before the picture comes.
// Faults: InvalidInput, RateLimited.
func (s *Service) NewUpload(ctx context.Context, viewer models.Account, kind string) (Upload, error) {
	if !documentKinds[kind] {
		return Upload{}, fault.Invalid(fault.Malformed, "kind")
	}
	uploads := verification.Limit{Name: "document uploads", Subject: viewer.ID.String(), Most: uploadsPerHour, Window: time.Hour}
	if err := s.verification.Spend(ctx, uploads); err != nil {
		return Upload{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Upload{}, err
	}
	u := Upload{ID: id, ExpiresAt: s.db.Now().Add(uploadWithin)}
	u.URL = s.address(upload, id, url.Values{"account": {viewer.ID.String()}, "kind": {kind}}, u.ExpiresAt)
	return u, nil
}

// address is signed: it stands for all that it says, until it expires. The signature is no part of the path, which logs show.
func (s *Service) address(way string, id uuid.UUID, says url.Values, until time.Time) string {
	says.Set("expires", strconv.FormatInt(until.Unix(), 10))
	says.Set("signature", hex.EncodeToString(s.sign(way, id, says)))
	return s.publicURL + "/documents/" + id.String() + "?" + says.Encode()
}

func (s *Service) sign(way string, id uuid.UUID, says url.Values) []byte {
	return s.box.MAC(secret.Documents, way, id.String(), says.Get("account"), says.Get("kind"), says.Get("expires"))
}

// isSigned tells whether an address of ours may be used in a way, now.
func (s *Service) isSigned(way string, id uuid.UUID, says url.Values) bool {
	signature, err := hex.DecodeString(says.Get("signature"))
	if err != nil || !secret.Equal(signature, s.sign(way, id, says)) {
		return false
	}
	expires, err := strconv.ParseInt(says.Get("expires"), 10, 64)
	return err == nil && s.db.Now().Before(time.Unix(expires, 0))
}

// MayStore tells whether a picture may be sent to an address: ask before its bytes are read.
func (s *Service) MayStore(id uuid.UUID, says url.Values) bool { return s.isSigned(upload, id, says) }

// Store takes the picture that was sent to an upload's address. It is what its bytes say, whatever the sender called it: a JPEG
// or a PNG of a sensible size. A repeat of the same upload does nothing. Faults: Forbidden for an address that is not ours, has
// expired or was used for another picture, InvalidInput for what is no such picture, LimitExceeded for too many.
func (s *Service) Store(ctx context.Context, id uuid.UUID, says url.Values, picture []byte) error {
	account, err := uuid.Parse(says.Get("account"))
	if err != nil || !s.isSigned(upload, id, says) {
		return fault.New(fault.Forbidden)
	}
	kind, refusal := pictureKind(picture)
	if refusal != nil {
		return refusal
	}
	document := models.Document{
		ID: id, AccountID: account, Kind: says.Get("kind"), ContentType: kind, Bytes: len(picture),
		Sealed: s.box.Seal(secret.Documents, picture, id.String()),
	}
	_, err = postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (struct{}, error) {
		document.CreatedAt = tx.Now
		if err := lockAccount(tx, account); err != nil {
			return struct{}{}, err
		}
		stored, err := findDocument(tx, id)
		if err != nil {
			return struct{}{}, err
		}
		if stored != nil {
			return struct{}{}, s.sameAs(*stored, picture)
		}
		loose, err := countLoose(tx, account)
		if err != nil {
			return struct{}{}, err
		}
		if loose >= looseMost {
			return struct{}{}, fault.New(fault.LimitExceeded).Because("pictures")
		}
		return struct{}{}, insertDocument(tx, document)
	})
	return err
}

// sameAs lets a repeat pass whose answer was lost, and nothing else.
func (s *Service) sameAs(stored models.Document, picture []byte) error {
	before, err := s.box.Open(secret.Documents, stored.Sealed, stored.ID.String())
	if err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	if !bytes.Equal(before, picture) {
		return fault.New(fault.Forbidden)
	}
	return nil
}

// pictureKind reads what a picture is from its first bytes, and its size from its head; it is not unpacked.
func pictureKind(picture []byte) (string, *fault.Fault) {
	if len(picture) > DocumentMost {
		return "", fault.Invalid(fault.TooLarge, "document")
	}
	kind := http.DetectContentType(picture)
	head, _, err := image.DecodeConfig(bytes.NewReader(picture))
	if err != nil || (kind != "image/jpeg" && kind != "image/png") {
		return "", fault.Invalid(fault.Malformed, "document")
	}
	if min(head.Width, head.Height) < sideLeast || max(head.Width, head.Height) > sideMost {
		return "", fault.Invalid(fault.OutOfRange, "document")
	}
	return kind, nil
}

// ViewURL is an address at which one document of a request can be looked at, for a few minutes.
func (s *Service) ViewURL(id uuid.UUID) string {
	return s.address(view, id, url.Values{}, s.db.Now().Add(viewWithin))
}

// Read opens a document for whoever has an address to view it. Faults: Forbidden for one that is not ours or has expired.
func (s *Service) Read(ctx context.Context, id uuid.UUID, says url.Values) (contentType string, picture []byte, err error) {
	if !s.isSigned(view, id, says) {
		return "", nil, fault.New(fault.Forbidden)
	}
	document, err := readDocument(ctx, s.db, id)
	if err != nil {
		return "", nil, err
	}
	picture, err = s.box.Open(secret.Documents, document.Sealed, id.String())
	if err != nil {
		return "", nil, fmt.Errorf("certificates: %w", err)
	}
	return document.ContentType, picture, nil
}
