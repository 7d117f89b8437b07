import { clear, createStore, del, entries, get, keys, set, type UseStore } from 'idb-keyval';
import { useSyncExternalStore } from 'react';
import type { Exchange, OperationResult } from 'urql';
import { fromPromise, fromValue, mergeMap, pipe, tap } from 'wonka';
import { ContactsDocument, HistoryDocument, HomeDocument, MeDocument, TransferPageDocument, TurnoverDocument, WalletPageDocument, WalletsDocument } from '../gql/graphql';
import { isLost } from './network';
import { assume, onGone, sessionState, whoIsIn } from './session';

// What the app last knew is kept in this browser, to be looked at without a network: the answers of these queries, none of which has a token or a code. It is
// one person's alone, and gone when they log out or the session is refused.
const KEPT = new Set<unknown>([MeDocument, HomeDocument, WalletsDocument, WalletPageDocument, HistoryDocument, TransferPageDocument, TurnoverDocument, ContactsDocument]);
const MOST = 60; // answers; the oldest go first

type Known = { owner: string; who: string; at: number; data: unknown }; // the account as its session names it

let store: UseStore | undefined;
const place = () => (store ??= createStore('keeper', 'known'));

const asked = new Map<number, unknown>(); // the query of each key that is to be kept: a cache writes its own form of it into the answer
let owner: string | undefined; // whose the session is, once it is known
const shown = new Map<number, number>(); // what is on the screen from here: of when, by the key of its query
const written = new WeakSet<object>(); // what comes again from memory is no news
const listeners = new Set<() => void>();

function told() {
  for (const listener of listeners) listener();
}

onGone(() => {
  owner = undefined;
  shown.clear();
  told();
  void clear(place()).catch(() => undefined); // a browser that keeps nothing has nothing to forget
});

// useKnown tells of when the oldest thing on the screen is that comes from here and not from the server.
export const useKnown = () =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => (shown.size > 0 ? Math.min(...shown.values()) : undefined),
  );

async function keep({ operation, data }: OperationResult) {
  if (sessionState() !== 'in') return;
  if (asked.get(operation.key) === MeDocument) owner = data?.viewer?.id;
  if (!owner || !(data?.viewer || data?.node) || written.has(data)) return;
  written.add(data);
  await set(operation.key, { owner, who: whoIsIn(), at: Date.now(), data } satisfies Known, place());
  if ((await keys(place())).length <= MOST) return;
  const all = (await entries<number, Known>(place())).sort(([, a], [, b]) => a.at - b.at);
  for (const [key] of all.slice(0, all.length - MOST)) await del(key, place());
}

async function recall(result: OperationResult): Promise<OperationResult> {
  const { key } = result.operation;
  const isMe = asked.get(key) === MeDocument;
  const known = await get<Known>(key, place()).catch(() => undefined);
  if (sessionState() === 'offline' && isMe && known) {
    owner ??= known.owner;
    assume(known.who);
  }
  if (!known || known.owner !== owner || sessionState() === 'out') return result;
  if (!isMe) shown.set(key, known.at);
  told();
  return { ...result, data: known.data, error: undefined };
}

// knownExchange keeps answers, and gives them again where the server gives none.
export const knownExchange: Exchange = ({ forward }) => (operations) =>
  pipe(
    operations,
    tap(({ kind, key, query }) => {
      if (KEPT.has(query)) asked.set(key, query);
      if (kind === 'teardown' && shown.delete(key)) told();
    }),
    forward,
    mergeMap((result) => {
      if (!asked.has(result.operation.key)) return fromValue(result);
      if (isLost(result.error)) return fromPromise(recall(result));
      if (!result.error && !result.stale) {
        if (shown.delete(result.operation.key)) told();
        void keep(result).catch(() => undefined);
      }
      return fromValue(result);
    }),
  );
