package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

const (
	growthClients = 64
	growthWallets = 5000 // which their funding gives ten thousand entries
	readsEach     = 400  // of each page, at each size
	readers       = 20   // people who read
	readersPages  = 30   // transfers of each at least, so that the pages are full at each size
	fillClients   = 512
)

// growth is one line: what something costs with few entries stored and with many. The unit says which way is better.
type growth struct {
	What  string  `json:"what"`
	Unit  string  `json:"unit"`
	Small float64 `json:"small"`
	Large float64 `json:"large"`
	Ratio float64 `json:"ratio"` // Large of Small
}

// growthReport also says how many entries there were at each size, when the measuring began.
type growthReport struct {
	SmallEntries int64    `json:"smallEntries"`
	LargeEntries int64    `json:"largeEntries"`
	Lines        []growth `json:"lines"`
}

// pages are what an app shows first.
var pages = []struct{ what, query string }{
	{"balances", `{ viewer { wallets { number balance { amount } } } }`},
	{"statement page", `query($wallet: WalletNumber!) { viewer { wallet(number: $wallet) { entries(first: 20) { nodes {
		sequence postedAt amount { amount } balanceAfter { amount } transfer { id memo from { displayName } to { displayName } } } } } } }`},
	{"transfer list", `{ viewer { transfers(first: 20) { nodes { id status direction createdAt amount { amount currency { code } }
		from { walletNumber displayName } to { walletNumber displayName } } pageInfo { hasNextPage endCursor } } } }`},
}

// measureGrowth fills a second world with entries, through the ledger, and measures both in turns. It gives back the large one's server,
// to be used further and closed.
func measureGrowth(ctx context.Context, o options, dir, binary string) (report growthReport, large *api, err error) {
	var worlds [2]*world
	var apis [2]*api
	for i, entries := range []int{0, o.entries} {
		w, err := newWorld(ctx, filepath.Join(dir, fmt.Sprintf("growth%d", i)), growthWallets)
		if err != nil {
			return report, nil, err
		}
		if err = w.fillPages(ctx); err == nil {
			err = w.fillTo(ctx, entries)
		}
		if err != nil {
			w.close()
			return report, nil, err
		}
		worlds[i] = w
	}
	for i, w := range worlds { // after both are filled: their tokens live for a quarter of an hour
		c, err := newAPI(ctx, w, binary)
		if err != nil {
			for _, w := range worlds {
				w.close()
			}
			return report, nil, err
		}
		apis[i] = c.(*api)
	}
	defer func() {
		apis[0].close()
		apis[0].w.close()
	}()
	for i, into := range []*int64{&report.SmallEntries, &report.LargeEntries} {
		if *into, err = apis[i].w.entries(ctx); err != nil {
			return report, apis[1], err
		}
	}
	report.Lines, err = measureBoth(ctx, o, apis)
	return report, apis[1], err
}

func measureBoth(ctx context.Context, o options, apis [2]*api) ([]growth, error) {
	var lines []growth
	for _, page := range pages {
		var took [2][]time.Duration
		for n := range 2 * readsEach {
			i := n % 2
			at := time.Now()
			if err := apis[i].read(ctx, n/2, page.query); err != nil {
				return nil, fmt.Errorf("%s: %w", page.what, err)
			}
			took[i] = append(took[i], time.Since(at))
		}
		for _, p := range []int{50, 95} {
			var ms [2]float64
			for i := range took {
				slices.Sort(took[i])
				ms[i] = percentile(took[i], p)
			}
			lines = append(lines, growthOf(fmt.Sprintf("%s p%d", page.what, p), "ms", ms[0], ms[1]))
		}
	}
	var perSecond [2][]float64
	for range o.rounds {
		for i, a := range apis {
			if err := a.w.settle(ctx); err != nil {
				return nil, err
			}
			drive(ctx, a.w, a, growthClients, false, o.warmUp)
			d := drive(ctx, a.w, a, growthClients, false, o.length)
			if d.errors > 0 {
				return nil, fmt.Errorf("createTransfer: %d errors, the first: %w", d.errors, d.first)
			}
			perSecond[i] = append(perSecond[i], float64(len(d.took))/d.wall.Seconds())
		}
	}
	return append(lines, growthOf(fmt.Sprintf("createTransfer, %d clients", growthClients), "per second", median(perSecond[0]), median(perSecond[1]))), nil
}

func growthOf(what, unit string, small, large float64) growth {
	return growth{What: what, Unit: unit, Small: small, Large: large, Ratio: large / small}
}

// fillPages lets each reader send so often that their pages are full, and to as many people, as in a large world.
func (w *world) fillPages(ctx context.Context) error {
	r := newRoom(w, w.db)
	defer r.stop()
	for reader := range readers {
		for n := range readersPages {
			to := w.people[len(w.people)-1-reader*readersPages-n].wallets[0]
			if err := r.move(ctx, reader, w.people[reader].wallets[0], to); err != nil {
				return err
			}
		}
	}
	return nil
}

// fillTo posts transfers until there are so many entries: those are real ones, with their chains, and the audit holds for them.
func (w *world) fillTo(ctx context.Context, entries int) error {
	have, err := w.entries(ctx)
	if err != nil {
		return err
	}
	const perTransfer = 3
	left := max((int64(entries)-have)/perTransfer, 0)
	r := newRoom(w, w.db)
	defer r.stop()
	wishes, failed := make(chan struct{}), make(chan error, fillClients)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var posting sync.WaitGroup
	for client := range fillClients {
		posting.Go(func() {
			for range wishes {
				from, to := w.pair(client, false)
				if err := r.move(ctx, client, from, to); err != nil {
					failed <- err
					cancel()
					return
				}
			}
		})
	}
	for done := range left {
		select {
		case wishes <- struct{}{}:
		case <-ctx.Done():
			left = 0
		}
		if left == 0 {
			break
		}
		if done%200_000 == 0 && done > 0 {
			progress("%d of %d entries are written", have+done*perTransfer, entries)
		}
	}
	close(wishes)
	posting.Wait()
	select {
	case err := <-failed:
		return err
	default:
	}
	if _, err := w.db.Pool.Exec(ctx, `VACUUM (ANALYZE)`); err != nil {
		return err
	}
	return nil
}

func (w *world) entries(ctx context.Context) (n int64, err error) {
	err = w.db.Pool.QueryRow(ctx, `SELECT sum(version)::bigint FROM wallets`).Scan(&n)
	return n, err
}

// read asks for a page as one of the people, and insists that it is there.
func (a *api) read(ctx context.Context, person int, query string) error {
	person %= readers
	variables := map[string]any{}
	if bytes.Contains([]byte(query), []byte("$wallet")) {
		variables["wallet"] = a.w.wallets[a.w.people[person].wallets[0]].Number
	}
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+a.address+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+a.tokens[person])
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if bytes.Contains(text, []byte(`"errors"`)) || !bytes.Contains(text, []byte(`"amount":`)) {
		return fmt.Errorf("%w: %.300s", errRefused, text)
	}
	return nil
}

func printGrowth(out io.Writer, r growthReport) error {
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "growth\tunit\t%d entries\t%d entries\tratio\t\n", r.SmallEntries, r.LargeEntries)
	for _, l := range r.Lines {
		fmt.Fprintf(table, "%s\t%s\t%.2f\t%.2f\t%.2f\t\n", l.What, l.Unit, l.Small, l.Large, l.Ratio)
	}
	return table.Flush()
}
