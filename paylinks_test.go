package main

import (
	"encoding/base64"
	"strings"
	"testing"

	"purser/internal/pgtest"
)

// paymentLink asks for an address for a wallet.
func (c *client) paymentLink(wallet string) string {
	c.t.Helper()
	return ask[struct {
		PaymentLink struct{ Link struct{ URL string } }
	}](c, `query($n: WalletNumber!) { paymentLink(input: {walletNumber: $n, amount: "2.50", memo: "tea"}) { link { url } userErrors { code } } }`, vars{"n": wallet}).
		PaymentLink.Link.URL
}

const paymentRequest = `query($l: String!) { paymentRequest(link: $l) { request { walletNumber recipientName amount { amount currency { letter } } memo qrSvg }
	userErrors { __typename code field } } }`

// TestAPaymentLinkIsPaid makes an address at one server, reads it as nobody at another, and pays what it asks for.
func TestAPaymentLinkIsPaid(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	one, two := serveOn(t, db), serveOn(t, db)
	anna, boris := one.client(t).anna(), two.client(t).boris()
	wallet, before := anna.wallet("Z")
	from, _ := boris.wallet("Z")
	url := anna.paymentLink(wallet)
	if !strings.HasPrefix(url, one.URL+"/pay#token=") {
		t.Fatalf("the address is %s", url)
	}

	type answer struct {
		PaymentRequest struct {
			Request *struct {
				WalletNumber, RecipientName, Memo, QRSvg string
				Amount                                   struct{ Amount string }
			}
			UserErrors []struct {
				Code  string
				Field []string
			}
		}
	}
	asked := ask[answer](two.client(t), paymentRequest, vars{"l": url}).PaymentRequest.Request
	if asked == nil || asked.WalletNumber != wallet || asked.RecipientName == "" || !strings.HasSuffix(asked.RecipientName, ".") || asked.Amount.Amount != "2.50" ||
		asked.Memo != "tea" || !strings.HasPrefix(asked.QRSvg, "<svg ") {
		t.Fatalf("nobody reads %+v", asked)
	}
	boris.allowWithoutCode("Z", "1000", "+79000000003")
	ask[created](boris, createTransfer, vars{"from": from, "to": asked.WalletNumber, "amount": asked.Amount.Amount, "key": newKey()})
	if _, after := anna.wallet("Z"); after == before {
		t.Errorf("anna still has %s", after)
	}

	forged := ask[answer](two.client(t), paymentRequest, vars{"l": url + "A"}).PaymentRequest
	if forged.Request != nil || len(forged.UserErrors) != 1 || forged.UserErrors[0].Code != "INVALID_INPUT" || forged.UserErrors[0].Field[0] != "link" {
		t.Errorf("a changed address is read as %+v", forged)
	}
}

func TestAPaymentLinkNeedsItsOwner(t *testing.T) {
	t.Parallel()
	s := serveOn(t, pgtest.New(t))
	anna := s.client(t).anna()
	wallet, _ := anna.wallet("Z")
	const query = `query($n: WalletNumber!, $s: Int!) { paymentLink(input: {walletNumber: $n}) { link { qrPng(size: $s) } userErrors { code } } }`
	r, err := anna.as("").try(query, vars{"n": wallet, "s": 256})
	if err != nil || len(r.Errors) != 1 || r.Errors[0].Extensions.Code != "UNAUTHENTICATED" {
		t.Errorf("nobody: %s %+v, %v", r.Data, r.Errors, err)
	}
	if r, err = s.client(t).boris().try(query, vars{"n": wallet, "s": 256}); err != nil || !strings.Contains(string(r.Data), "WALLET_NOT_FOUND") {
		t.Errorf("someone else: %s %+v, %v", r.Data, r.Errors, err)
	}
	if r, err = anna.try(query, vars{"n": wallet, "s": 100_000}); err != nil || len(r.Errors) != 1 || r.Errors[0].Extensions.Code != "BAD_USER_INPUT" {
		t.Errorf("as large as a house: %.200s %+v, %v", r.Data, r.Errors, err)
	}
	picture := ask[struct {
		PaymentLink struct{ Link struct{ QRPng string } }
	}](anna, query, vars{"n": wallet, "s": 256}).PaymentLink.Link.QRPng
	if data, err := base64.StdEncoding.DecodeString(picture); err != nil || !strings.HasPrefix(string(data), "\x89PNG") {
		t.Errorf("the picture: %v", err)
	}
}
