package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	connectWait = 5 * time.Second
	tillGood    = time.Minute
	shards      = 64        // system wallets there are at most, for each currency and kind
	shardLock   = 7_067_002 // class of the advisory locks by which posters share the shards out
)

// posterSettings keep one stuck row, or one stuck server, from stopping the others: nobody waits long for a lock, and Postgres
// itself ends a transaction whose server has gone silent in the middle of it. They also fix the plans: whatever the tables have
// grown to, each row of an array is looked up by its index, in the order of the array, which is the order of locks.
var posterSettings = map[string]string{
	"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "enable_bitmapscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
	"lock_timeout": "1s", "idle_in_transaction_session_timeout": "5s",
	"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3",
}

// poster posts one group after another on a connection of its own, so that postings never wait for the pool.
type poster struct {
	ledger  *Ledger
	conn    *pgx.Conn
	till    *till
	writing bool // the last attempt had come so far that its commit was sent
}

// run posts what there is to post, until ctx has ended and nothing is left.
func (p *poster) run(ctx context.Context) {
	queue, ended := p.ledger.queue, ctx.Done()
	look := time.NewTicker(joinAfter) // for what waits behind another poster's slow group, or for its time
	defer look.Stop()
	for {
		for group := queue.take(); group != nil; group = queue.take() {
			queue.done(group, p.postGroup(group.jobs))
		}
		if ctx.Err() != nil && queue.isEmpty() {
			return
		}
		select {
		case <-queue.free:
		case <-look.C:
		case <-ended:
			ended = nil
		}
	}
}

// postGroup posts a group and answers its jobs, but for those whose rows somebody holds: those are given back, to be tried again.
func (p *poster) postGroup(group []*job) (back []*job) {
	ctx, cancel := context.WithTimeout(context.Background(), groupTime)
	defer cancel()
	ctx, end := traceGroup(ctx, group)
	defer end()
	return p.postJobs(ctx, group)
}

// postJobs posts jobs together. When Postgres refuses them for something that one posting brought along, the halves are posted
// apart, and so on: whatever is wrong with one touches no other.
func (p *poster) postJobs(ctx context.Context, group []*job) (back []*job) {
	verdicts, err := p.postWithRetry(ctx, group)
	if err != nil && len(group) > 1 && ctx.Err() == nil && (!worthRepeating(err) && (p.writing || !isLocked(err))) {
		half := len(group) / 2
		return append(p.postJobs(ctx, group[:half]), p.postJobs(ctx, group[half:])...)
	}
	if err != nil {
		p.ledger.log.Error("a group of postings failed", "size", len(group), "error", err)
		for _, j := range group {
			j.answer <- answer{err: failure(j, err)}
		}
		return nil
	}
	for i, j := range group {
		switch v := verdicts[i]; {
		case !v.missing:
			j.answer <- answer{outcome: v.outcome, err: v.err()}
		case p.ledger.queue.mayWait(j):
			back = append(back, j)
		default:
			j.answer <- answer{err: failure(j, errHeld)}
		}
	}
	p.ledger.hub.Publish(accountsOf(verdicts)...)
	return back
}

var errHeld = errors.New("ledger: somebody holds a row for too long")

// failure is what the caller of a posting that could not be decided is told. Only of what cannot have happened it is said that it has
// not: it is an overload then, unless something is wrong with us.
func failure(j *job, err error) error {
	switch {
	case j.doubt:
		return errUnknown
	case errors.Is(err, errHeld) || isLocked(err) || worthRepeating(err) || errors.Is(err, context.DeadlineExceeded):
		return overloaded()
	}
	return err
}

// ready connects if need be, and takes a shard. A connection that was lost gave its shard back.
func (p *poster) ready(ctx context.Context) error {
	if p.conn != nil && !p.conn.IsClosed() {
		return p.refresh(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, connectWait)
	defer cancel()
	config := p.ledger.db.Pool.Config().ConnConfig
	for name, value := range posterSettings {
		config.RuntimeParams[name] = value
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	p.conn = conn
	if p.till, err = takeShard(ctx, conn); err != nil {
		p.close()
		return err
	}
	return nil
}

// refresh reads the till anew, once in a while.
func (p *poster) refresh(ctx context.Context) error {
	if now().Sub(p.till.read) < tillGood {
		return nil
	}
	t, err := openTill(ctx, p.conn, p.till.shard)
	if err == nil {
		p.till = t
	}
	return err
}

func (p *poster) close() {
	if p.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectWait)
	defer cancel()
	_ = p.conn.Close(ctx) // what was begun and not committed is undone by it
	p.conn = nil
}
