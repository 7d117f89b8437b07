// Package passkeytest is a device for tests that makes passkeys and signs with them as an authenticator and a browser do together: real
// keys (ES256), real CBOR and JSON of WebAuthn Level 3. It can be told to be wrong in one way at a time.
package passkeytest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// Flags of authenticator data.
const (
	present        = 1 << 0
	verified       = 1 << 2
	backupEligible = 1 << 3
	backedUp       = 1 << 4
	hasKey         = 1 << 6
)

// Device is an authenticator with the browser or the system around it. The fields below Origin are for being wrong; empty, it is right.
type Device struct {
	Origin string

	RPID       string // instead of what the options say
	Unverified bool   // nobody's finger was asked for
	Forged     bool   // the signature is another key's
	Handle     []byte // instead of the owner's
	Challenge  string // instead of what the options say
	Count      uint32 // of signatures; it counts up from what it is set to, and stays 0 while Uncounted
	Uncounted  bool   // as synced passkeys are

	keys []*Key
}

// Key is a passkey on the device.
type Key struct {
	ID, owner []byte
	private   *ecdsa.PrivateKey
}

// New is a device whose pages or apps have an origin.
func New(origin string) *Device { return &Device{Origin: origin} }

// Forget leaves the newest key alone on the device.
func (d *Device) Forget() { d.keys = d.keys[len(d.keys)-1:] }

// Copy is a device with the same keys and the same count.
func (d *Device) Copy() *Device {
	twin := *d
	return &twin
}

type encoded []byte

func (b encoded) MarshalJSON() ([]byte, error) {
	return json.Marshal(base64.RawURLEncoding.EncodeToString(b))
}

func (b *encoded) UnmarshalJSON(text []byte) error {
	var s string
	err := json.Unmarshal(text, &s)
	if err == nil {
		*b, err = base64.RawURLEncoding.DecodeString(s)
	}
	return err
}

type creation struct {
	RP struct {
		ID, Name string
	} `json:"rp"`
	User struct {
		ID                encoded
		Name, DisplayName string
	}
	Challenge        string
	PubKeyCredParams []struct {
		Type string
		Alg  int
	}
	ExcludeCredentials     []struct{ ID encoded }
	Attestation            string
	AuthenticatorSelection struct{ ResidentKey, UserVerification string }
}

// Create makes a passkey as navigator.credentials.create does, and answers in JSON.
func (d *Device) Create(t testing.TB, options string) string {
	t.Helper()
	var asked creation
	if err := json.Unmarshal([]byte(options), &asked); err != nil {
		t.Fatalf("no creation options: %v: %s", err, options)
	}
	es256 := false
	for _, p := range asked.PubKeyCredParams {
		es256 = es256 || (p.Type == "public-key" && p.Alg == -7)
	}
	if !es256 || asked.RP.ID == "" || asked.RP.Name == "" || asked.User.Name == "" || len(asked.User.ID) == 0 || asked.Attestation != "none" ||
		asked.AuthenticatorSelection.ResidentKey != "required" || asked.AuthenticatorSelection.UserVerification != "required" {
		t.Fatalf("a device cannot do that: %s", options)
	}
	for _, excluded := range asked.ExcludeCredentials {
		if d.find([]encoded{excluded.ID}) != nil {
			t.Fatalf("the device has a passkey of the account already")
		}
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := &Key{ID: make([]byte, 32), owner: asked.User.ID, private: private}
	rand.Read(key.ID) //nolint:errcheck // never fails
	d.keys = append(d.keys, key)

	data := d.data(asked.RP.ID, hasKey)
	data = append(data, make([]byte, 16)...) // no model
	data = binary.BigEndian.AppendUint16(data, uint16(len(key.ID)))
	data = append(append(data, key.ID...), cose(t, &private.PublicKey)...)
	object, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	if err != nil {
		t.Fatal(err)
	}
	return answer(t, key.ID, map[string]any{
		"clientDataJSON": encoded(d.client(t, "webauthn.create", asked.Challenge)), "attestationObject": encoded(object),
		"authenticatorData": encoded(data), "publicKeyAlgorithm": -7, "transports": []string{"internal", "hybrid"},
	})
}

type request struct {
	Challenge, RPID, UserVerification string
	AllowCredentials                  []struct {
		Type string
		ID   encoded
	}
}

// Get signs as navigator.credentials.get does, and answers in JSON. Of several keys that may, the newest does.
func (d *Device) Get(t testing.TB, options string) string {
	t.Helper()
	var asked request
	if err := json.Unmarshal([]byte(options), &asked); err != nil || asked.UserVerification != "required" || asked.RPID == "" {
		t.Fatalf("no request options: %v: %s", err, options)
	}
	var allowed []encoded
	for _, c := range asked.AllowCredentials {
		allowed = append(allowed, c.ID)
	}
	key := d.find(allowed)
	if key == nil {
		t.Fatalf("the device has none of the passkeys that may sign")
	}
	return d.Sign(t, key, asked.RPID, asked.Challenge)
}

// Newest is the newest key.
func (d *Device) Newest() *Key { return d.keys[len(d.keys)-1] }

// Sign signs a challenge, whoever asked for it.
func (d *Device) Sign(t testing.TB, key *Key, rpID, challenge string) string {
	t.Helper()
	if !d.Uncounted {
		d.Count++
	}
	data, client := d.data(rpID, 0), d.client(t, "webauthn.get", challenge)
	private := key.private
	if d.Forged {
		var err error
		if private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(bytes.Clone(data), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, private, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	handle := key.owner
	if d.Handle != nil {
		handle = d.Handle
	}
	return answer(t, key.ID, map[string]any{
		"clientDataJSON": encoded(client), "authenticatorData": encoded(data), "signature": encoded(signature), "userHandle": encoded(handle),
	})
}

// find is the newest key that is among some, or the newest of all for none.
func (d *Device) find(among []encoded) *Key {
	for i := len(d.keys) - 1; i >= 0; i-- {
		if len(among) == 0 {
			return d.keys[i]
		}
		for _, id := range among {
			if bytes.Equal(id, d.keys[i].ID) {
				return d.keys[i]
			}
		}
	}
	return nil
}

// data is what the authenticator says of itself, before its key.
func (d *Device) data(rpID string, flags byte) []byte {
	if d.RPID != "" {
		rpID = d.RPID
	}
	flags |= present | backupEligible | backedUp
	if !d.Unverified {
		flags |= verified
	}
	hash := sha256.Sum256([]byte(rpID))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), d.Count)
}

// client is what the browser says of the page.
func (d *Device) client(t testing.TB, ceremony, challenge string) []byte {
	if d.Challenge != "" {
		challenge = d.Challenge
	}
	text, err := json.Marshal(map[string]any{"type": ceremony, "challenge": challenge, "origin": d.Origin, "crossOrigin": false})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func answer(t testing.TB, id []byte, response map[string]any) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{
		"id": encoded(id), "rawId": encoded(id), "type": "public-key", "authenticatorAttachment": "platform", "response": response,
		// Some password managers tell what nobody asked.
		"clientExtensionResults": map[string]any{"credProps": map[string]any{"rk": true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// cose is a public key as authenticators write it.
func cose(t testing.TB, public *ecdsa.PublicKey) []byte {
	point, err := public.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	key, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		t.Fatal(err)
	}
	return key
}
