// What is done about money whose answer was lost: it is asked for by its key until it is known what became of it.
import { useCallback, useEffect } from 'react';
import { type CombinedError, useClient } from 'urql';
import { ByKeyDocument, type TransferPartsFragment } from '../gql/graphql';
import { ANSWER_MS } from './network';

const ASK_MS = 3_000;

// useByKey returns what finds the transfer, or the refund, that a person made under a key: null where none has arrived, undefined where that is not known, be it
// that no answer came or that somebody else is in by now.
export function useByKey(me: string) {
  const client = useClient();
  return useCallback(async (key: string): Promise<{ found?: TransferPartsFragment | null; error?: CombinedError }> => {
    const { data, error } = await client.query(ByKeyDocument, { key }, { requestPolicy: 'network-only' });
    if (error || data?.viewer?.id !== me) return { error };
    return { found: data.viewer.transferByIdempotencyKey ?? null };
  }, [client, me]);
}

// What was sent never arrives any more when the session may have been renewed before, the request may have lasted, and the server may have kept it waiting (20 s)
// and tried to post it (15 s, and once more where a row was held) for as long as they take.
const NEVER_MS = 2 * ANSWER_MS + 60_000;

// mayArrive tells that a request sent at a time may be on its way still: what has not arrived by then is not called unsent yet.
export const mayArrive = (sentAt = 0) => Date.now() - sentAt <= ANSWER_MS;

// mayMove tells that money may move yet by what was sent at a time, however slow the server is: until then it is asked for, and its key is not forgotten.
export const mayMove = (sentAt = 0) => Date.now() - sentAt <= NEVER_MS;

const flights = new Set<{ key: string }>(); // what is sent, or about to be, and is not answered, also by a screen that was left since

// flown makes a request under a key, which is on its way meanwhile.
export async function flown<T>(key: string, request: () => PromiseLike<T>) {
  const flight = { key };
  flights.add(flight);
  try {
    return await request();
  } finally {
    flights.delete(flight);
  }
}

export const isFlying = (key: string) => [...flights].some((flight) => flight.key === key);

// leftBy is when a request that was begun at a time can have left at the latest, once it is known to be lost: a device may have slept before it left.
export const leftBy = (begunAt: number) => (Date.now() - begunAt > 2 * ANSWER_MS ? Date.now() : begunAt);

// useAsking asks for as long as there is a question: every few seconds, at once when the network is back, and unless told otherwise from the beginning.
export function useAsking(question?: () => unknown, fromNow = true) {
  useEffect(() => {
    if (!question) return;
    if (fromNow) question();
    const timer = setInterval(question, ASK_MS);
    window.addEventListener('online', question);
    return () => {
      clearInterval(timer);
      window.removeEventListener('online', question);
    };
  }, [question, fromNow]);
}
