import { useCallback, useMemo, useRef, useState } from 'react';
import { type CombinedError, useClient } from 'urql';
import { type ProblemFragment, RefundTransferDocument } from '../gql/graphql';
import { mayArrive, useAsking, useByKey } from './lost';
import { isUndecided } from './network';

// A refund that was begun is kept for this tab until its outcome is known, so that a reload goes on with the same key.
type Begun = { by: string; transferId: string; amount: string; key: string; sentAt?: number };

const placeOf = (transferId: string) => `keeper.refunding.${transferId}`;

function kept(transferId: string) {
  return JSON.parse(sessionStorage.getItem(placeOf(transferId)) ?? 'null') as Begun | null;
}

// forget ends what is kept of one refund, and of no later one.
function forget({ transferId, key }: Begun) {
  if (kept(transferId)?.key === key) sessionStorage.removeItem(placeOf(transferId));
}

export type Refunding = { at: 'form' } | { at: 'sending' | 'lost' | 'unsent'; begun: Begun }; // what is unsent has not arrived, and can be sent again under the same key

// useRefunding sends a transfer back, or a part of it. Each refund that is meant has a key of its own; when its answer is lost it is asked for by that key until it
// is known: nothing is sent back twice, and nothing is called failed that was done. `onDone` is called with what has moved.
export function useRefunding(me: string, transferId: string, onDone: (amount: string) => void) {
  const client = useClient();
  const byKey = useByKey(me);
  const [refunding, setRefunding] = useState<Refunding>(() => {
    const begun = kept(transferId);
    return begun?.by === me ? { at: 'lost', begun } : { at: 'form' };
  });
  const [problems, setProblems] = useState<ProblemFragment[]>([]);
  const [error, setError] = useState<CombinedError>();
  const [offline, setOffline] = useState(false);
  const busy = useRef(false);
  const asking = useRef(false);
  const done = useRef(onDone);
  done.current = onDone;

  const settle = useCallback((begun: Begun) => {
    forget(begun);
    setRefunding({ at: 'form' });
    done.current(begun.amount);
  }, []);

  const send = useCallback(async (begun: Begun) => {
    if (busy.current) return;
    busy.current = true;
    setProblems([]);
    setError(undefined);
    sessionStorage.setItem(placeOf(begun.transferId), JSON.stringify({ ...begun, sentAt: Date.now() } satisfies Begun));
    setRefunding((was) => (was.at === 'lost' ? was : { at: 'sending', begun }));
    const { data, error: fault } = await client.mutation(RefundTransferDocument, { input: { transferId: begun.transferId, amount: begun.amount, idempotencyKey: begun.key } });
    busy.current = false;
    const payload = data?.refundTransfer;
    if (payload?.transfer) return settle(begun);
    if (isUndecided(fault)) return setRefunding((was) => (was.at === 'lost' ? was : { at: 'lost', begun }));
    forget(begun); // refused: nothing was moved, and the key is not used up
    setProblems(payload?.userErrors ?? []);
    setError(fault);
    setRefunding({ at: 'form' });
  }, [client, settle]);

  // ask finds out by the key what became of a refund whose answer was lost. What is missing when a request cannot be on its way any
  // more is called unsent, and is not sent by itself.
  const ask = useCallback(async (begun: Begun) => {
    if (asking.current || busy.current) return;
    asking.current = true;
    const { found } = await byKey(begun.key);
    asking.current = false;
    if (found) return settle(begun);
    if (found === null && !mayArrive(kept(begun.transferId)?.sentAt)) setRefunding({ at: 'unsent', begun });
  }, [byKey, settle]);

  const question = useMemo(() => (refunding.at === 'lost' ? () => ask(refunding.begun) : undefined), [refunding, ask]);
  useAsking(question);

  // refund begins one, under a new key.
  function refund(amount: string) {
    setOffline(!navigator.onLine);
    if (navigator.onLine && refunding.at === 'form') void send({ by: me, transferId, amount, key: crypto.randomUUID() }); // else nothing has left, and nothing does
  }
  // again sends what has not arrived; drop ends it, unless it has arrived by now.
  const again = () => void (refunding.at === 'unsent' && send(refunding.begun));
  async function drop() {
    if (refunding.at !== 'unsent' || busy.current) return;
    const { begun } = refunding;
    busy.current = true; // nothing is sent meanwhile
    const { found, error: fault } = await byKey(begun.key);
    busy.current = false;
    if (fault) return setRefunding({ at: 'lost', begun });
    if (found) return settle(begun);
    if (found === undefined) return; // somebody else is in by now
    forget(begun);
    setRefunding({ at: 'form' });
  }
  function clear() {
    setProblems([]);
    setError(undefined);
    setOffline(false);
  }
  return { refunding, problems, error, offline, refund, again, drop, clear, ask };
}
