package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"purser/internal/accounts"
	"purser/internal/number"
)

const (
	enumerationTries = 200 // of known and as many of unknown ones, in turn
	enumerationWarm  = 20
	enumerationMost  = 0.10 // by which two medians may differ
)

// door is a mutation that strangers call; a login is somebody's or nobody's, of the same kind.
type door struct {
	name, mutation string
	known, unknown func(i int) string
}

const (
	logInMutation    = `mutation($l: String!) { logIn(input: {login: $l, password: "a wrong password"}) { challenge { id } userErrors { code } } }`
	recoveryMutation = `mutation($l: String!) { startRecovery(input: {login: $l}) { recovery { token } userErrors { code } } }`
	registerMutation = `mutation($l: PhoneNumber!) { startRegistration(input: {phone: $l}) { registration { token } userErrors { code } } }`
)

// doorsOf are all doors, for each kind of login.
func doorsOf(w *world) (doors []door) {
	person := func(i int) person { return w.people[i%len(w.people)] }
	phone := door{"phone", "", func(i int) string { return *person(i).account.Phone }, func(i int) string { return fmt.Sprintf("+7911%07d", i) }}
	email := door{"e-mail", "", func(i int) string { return *person(i).account.Email }, func(i int) string { return fmt.Sprintf("n%d@bench.test", i) }}
	wmid := door{"WMID", "", func(i int) string { return person(i).account.WMID }, func(int) string { return number.NewWMID() }}
	for _, asked := range []struct {
		name, mutation string
		by             []door
	}{
		{"logIn", logInMutation, []door{phone, email, wmid}}, {"startRecovery", recoveryMutation, []door{phone, email, wmid}},
		{"startRegistration", registerMutation, []door{phone}},
	} {
		for _, by := range asked.by {
			doors = append(doors, door{asked.name + " by " + by.name, asked.mutation, by.known, by.unknown})
		}
	}
	return doors
}

// measureEnumeration compares how long strangers wait for an answer about somebody and about nobody, at the front door of a server process. It
// fails when two medians differ by more than a tenth: then the time tells who has an account.
func measureEnumeration(ctx context.Context, dir, binary string) error {
	w, err := newWorld(ctx, filepath.Join(dir, "enumeration"), 400)
	if err != nil {
		return err
	}
	defer w.close()
	hash, err := accounts.HashPassword(ctx, "the password of everybody here")
	if err != nil {
		return err
	}
	if _, err := w.db.Pool.Exec(ctx, `UPDATE accounts SET password_hash = $1 WHERE role = 'PERSON'`, hash); err != nil {
		return err
	}
	c, err := newAPI(ctx, w, binary)
	if err != nil {
		return err
	}
	defer c.close()
	url := "http://" + c.(*api).address + "/graphql"

	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "door\tsomebody\tnobody\tratio\t(medians of %d tries each, in turn)\n", enumerationTries)
	var apart []string
	for _, d := range doorsOf(w) {
		progress("%s", d.name)
		known, unknown, err := compareDoor(ctx, w, url, d)
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		ratio := float64(known) / float64(unknown)
		fmt.Fprintf(table, "%s\t%.2f ms\t%.2f ms\t%.3f\t\n", d.name, known.Seconds()*1000, unknown.Seconds()*1000, ratio)
		if math.Abs(ratio-1) > enumerationMost {
			apart = append(apart, d.name)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(apart) > 0 {
		return fmt.Errorf("the time tells who has an account: %v", apart)
	}
	return nil
}

// compareDoor is the median of each. Which comes first changes, so that neither finds what the other has warmed.
func compareDoor(ctx context.Context, w *world, url string, d door) (known, unknown time.Duration, err error) {
	var took [2][]time.Duration
	for i := range enumerationTries + enumerationWarm {
		if _, err := w.db.Pool.Exec(ctx, `DELETE FROM rate_counters`); err != nil { // else the limits would answer
			return 0, 0, err
		}
		for turn := range 2 {
			which := (i + turn) % 2
			login := []func(int) string{d.known, d.unknown}[which](i)
			t, err := timed(ctx, url, d.mutation, login)
			if err != nil {
				return 0, 0, err
			}
			if i >= enumerationWarm {
				took[which] = append(took[which], t)
			}
		}
	}
	return half(took[0]), half(took[1]), nil
}

func half(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// timed is how long an answer takes; one that a limit gives is an error.
func timed(ctx context.Context, url, mutation, login string) (time.Duration, error) {
	body, err := json.Marshal(map[string]any{"query": mutation, "variables": map[string]string{"l": login}})
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	begun := time.Now()
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return 0, err
	}
	text, err := io.ReadAll(response.Body)
	took := time.Since(begun)
	_ = response.Body.Close()
	if err == nil && (response.StatusCode != http.StatusOK || bytes.Contains(text, []byte("RATE_LIMITED")) || bytes.Contains(text, []byte(`"errors"`))) {
		err = fmt.Errorf("%d %.300s", response.StatusCode, text)
	}
	return took, err
}
