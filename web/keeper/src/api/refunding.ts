import { useCallback, useMemo, useRef, useState } from 'react';
import { type CombinedError, useClient } from 'urql';
import { type ProblemFragment, RefundTransferDocument } from '../gql/graphql';
import { flown, isFlying, leftBy, mayArrive, mayMove, useAsking, useByKey } from './lost';
import { isUndecided } from './network';

// A refund that was begun is kept for this tab until its outcome is known, so that a reload goes on with the same key.
type Begun = { by: string; transferId: string; amount: string; key: string; sentAt?: number };

const placeOf = (transferId: string) => `keeper.refunding.${transferId}`;

function kept(transferId: string) {
  return JSON.parse(sessionStorage.getItem(placeOf(transferId)) ?? 'null') as Begun | null;
}

const keep = (begun: Begun) => sessionStorage.setItem(placeOf(begun.transferId), JSON.stringify(begun));

// forget ends what is kept of one refund, and of no later one.
function forget({ transferId, key }: Begun) {
  if (kept(transferId)?.key === key) sessionStorage.removeItem(placeOf(transferId));
}

// isRefundUndecided tells that money may have moved, or move yet, by what this person sent back in this tab.
export function isRefundUndecided(me: string) {
  const places = Array.from({ length: sessionStorage.length }, (_, i) => sessionStorage.key(i) ?? '');
  return places.some((place) => place.startsWith(placeOf('')) && kept(place.slice(placeOf('').length))?.by === me);
}

// What is unsent has not arrived, and can be sent again under the same key; what is dropped is not wanted any more, and may arrive yet.
export type Refunding = { at: 'form' } | { at: 'sending' | 'lost'; begun: Begun } | { at: 'unsent'; begun: Begun; isDropped?: boolean };

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
  const isDropped = useRef(false);
  const done = useRef(onDone);
  done.current = onDone;

  const clear = useCallback(() => {
    setProblems([]);
    setError(undefined);
    setOffline(false);
  }, []);

  const settle = useCallback((begun: Begun) => {
    forget(begun);
    clear(); // a repeat may have been refused before
    setRefunding({ at: 'form' });
    done.current(begun.amount);
  }, [clear]);

  const send = useCallback(async (begun: Begun) => {
    if (busy.current) return;
    busy.current = true;
    setProblems([]);
    setError(undefined);
    const before = kept(begun.transferId)?.sentAt; // where it is a repeat
    const sentAt = Date.now();
    keep({ ...begun, sentAt });
    setRefunding((was) => (was.at === 'lost' ? was : { at: 'sending', begun }));
    const { data, error: fault } = await flown(begun.key, () => client.mutation(RefundTransferDocument, { input: { transferId: begun.transferId, amount: begun.amount, idempotencyKey: begun.key } }));
    busy.current = false;
    const payload = data?.refundTransfer;
    if (payload?.transfer) return settle(begun);
    if (kept(begun.transferId)?.sentAt !== sentAt) { // it was sent again since, or what was sent before is done by now
      return setRefunding((was) => (was.at === 'sending' && was.begun.key === begun.key ? { at: 'lost', begun } : was));
    }
    if (isUndecided(fault)) {
      keep({ ...begun, sentAt: leftBy(sentAt) });
      return setRefunding((was) => (was.at === 'lost' ? was : { at: 'lost', begun }));
    }
    setProblems(payload?.userErrors ?? []);
    setError(fault);
    if (before) { // it was a repeat that was refused: what was sent before may have arrived since it was last asked for
      keep({ ...begun, sentAt: before });
      isDropped.current = !fault;
      return setRefunding({ at: 'unsent', begun, isDropped: !fault });
    }
    forget(begun); // nothing was moved, and the key is not used up
    setRefunding({ at: 'form' });
  }, [client, settle]);

  // ask finds out by the key what became of a refund whose answer was lost. What is missing when a request cannot be on its way any
  // more is called unsent, and is not sent by itself. It is asked for as long as that is told: a slow server may make it yet. What is dropped is forgotten once it cannot.
  const ask = useCallback(async (begun: Begun) => {
    if (asking.current || busy.current) return;
    asking.current = true;
    const before = sessionStorage.getItem(placeOf(begun.transferId));
    const sentAt = kept(begun.transferId)?.sentAt;
    const [arrives, moves] = [isFlying(begun.key) || mayArrive(sentAt), mayMove(sentAt)]; // when it is asked, not when that is heard
    const { found } = await byKey(begun.key);
    asking.current = false;
    if (busy.current || sessionStorage.getItem(placeOf(begun.transferId)) !== before) return; // it was sent again since, or is done: this is older
    const wasDropped = isDropped.current;
    if (found) isDropped.current = false;
    if (found) return settle(begun);
    if (found === undefined || arrives) return;
    if (!wasDropped || moves) return setRefunding((was) => (was.at === 'lost' && was.begun.key === begun.key ? { at: 'unsent', begun } : was));
    isDropped.current = false;
    forget(begun);
    setRefunding({ at: 'form' });
  }, [byKey, settle]);

  const question = useMemo(() => {
    return refunding.at === 'lost' || refunding.at === 'unsent' ? () => ask(refunding.begun) : undefined;
  }, [refunding, ask]);
  useAsking(question);

  // refund begins one, under a new key.
  function refund(amount: string) {
    setOffline(!navigator.onLine);
    if (navigator.onLine && refunding.at === 'form') void send({ by: me, transferId, amount, key: crypto.randomUUID() }); // else nothing has left, and nothing does
  }
  // again sends what has not arrived; drop ends it, once it cannot arrive any more.
  const again = () => void (refunding.at === 'unsent' && !isDropped.current && send(refunding.begun));
  function drop() {
    if (refunding.at !== 'unsent' || busy.current) return;
    isDropped.current = true;
    clear();
    setRefunding({ ...refunding, isDropped: true });
  }
  return { refunding, problems, error, offline, refund, again, drop, clear, ask };
}
