import { createClient } from 'graphql-ws';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from 'react';
import { type LiveSubscription, LiveDocument, type TransferLineFragment } from '../gql/graphql';
import { renewApp } from './client';
import { UNKNOWN } from './network';
import { hashOf } from './persisted';
import { freshToken, renew } from './session';

export type Arrival = { cursor: string; transfer: TransferLineFragment };
type News = { cursor: string; arrived: Arrival[] };
export type Live = { version: number; connected: boolean; arrivals: Arrival[]; dismiss: (cursor: string) => void };

const LiveContext = createContext<Live>({ version: 0, connected: false, arrivals: [], dismiss: () => undefined });

// useLive tells what is new: `version` grows with each event, so that whoever shows data asks again.
export const useLive = () => useContext(LiveContext);

const MOST_WAIT_MS = 15_000;
const PING_MS = 10_000;
const PONG_MS = 5_000; // a network that swallows everything closes no socket
const CROWDED = 4429; // too many tabs are connected: those tell what they hear
const MOST_TAKEN = 100; // events: what other tabs tell of late is newer than these
const MOST_ARRIVALS = 5; // told at once; the history has them all

// channel is what the tabs of this browser hear each other by; none where a browser keeps nothing for a page.
function channel(name: string) {
  try {
    return new BroadcastChannel(name);
  } catch {
    return undefined;
  }
}

// makeClient speaks to the server over one socket at a time, and gives up one whose peer is silent.
function makeClient(connected: () => void) {
  let late: ReturnType<typeof setTimeout> | undefined;
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const client = createClient({
    url: `${scheme}://${location.host}/graphql`,
    connectionParams: async () => ({ Authorization: `Bearer ${(await freshToken()) ?? ''}` }),
    keepAlive: PING_MS,
    connectionAckWaitTimeout: PONG_MS,
    retryAttempts: 0, // whoever listens comes back with a newer cursor
    shouldRetry: () => false,
    on: {
      connected,
      ping: (received) => {
        if (!received) late = setTimeout(() => client.terminate(), PONG_MS);
      },
      pong: () => clearTimeout(late),
      closed: () => clearTimeout(late),
    },
  });
  return client;
}

// LiveProvider follows the account's events. After sleep, a lost network or a restart of the server it goes on behind the last event it
// has seen, so that none is missed and none comes twice.
// A tab that there is no further connection for hears of them from those that have one, and looks by itself now and then.
// Who is not signed in yet, since there is no network, follows nothing.
export function LiveProvider({ me, from, follow, children }: { me: string; from: string; follow: boolean; children: ReactNode }) {
  const [live, setLive] = useState<Omit<Live, 'dismiss'>>({ version: 0, connected: true, arrivals: [] }); // until it is found not to be
  const cursor = useRef(from);
  const dismiss = useCallback((gone: string) => setLive((was) => ({ ...was, arrivals: was.arrivals.filter((a) => a.cursor !== gone) })), []);

  useEffect(() => {
    if (!follow) return; // nobody is signed in yet
    let over = false;
    let away = false; // a connection was lost: what is shown may be old, and what was missed may be more than events
    let wake: (() => void) | undefined;
    let isCrowded = false;
    const tabs = channel(`keeper.live.${me}`);
    const taken: string[] = []; // several tabs may tell of the same
    const take = ({ cursor: at, arrived }: News) => {
      if (taken.includes(at)) return;
      taken.push(at);
      if (taken.length > MOST_TAKEN) taken.shift();
      cursor.current = at;
      setLive((was) => ({ version: was.version + 1, connected: true, arrivals: [...was.arrivals, ...arrived].slice(-MOST_ARRIVALS) }));
    };
    if (tabs) tabs.onmessage = ({ data }: MessageEvent<News>) => void (isCrowded && take(data));
    const client = makeClient(() => {
      const again = away;
      away = false;
      isCrowded = false;
      setLive((was) => ({ ...was, connected: true, version: was.version + (again ? 1 : 0) }));
    });

    async function listen() {
      for (let wait = 500; !over; wait = Math.min(wait * 2, MOST_WAIT_MS)) {
        try {
          const events = client.iterate<LiveSubscription>({ query: '', operationName: 'Live', variables: { after: cursor.current }, extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(LiveDocument) } } });
          for await (const { data, errors } of events) {
            if (over) return;
            if (errors?.some((e) => e.extensions?.code === UNKNOWN)) void renewApp();
            const event = data?.accountEvents;
            if (!event) continue;
            wait = 500;
            const arrived = event.__typename === 'TransferReceived' ? [{ cursor: event.cursor, transfer: event.transfer }] : [];
            const news = { cursor: event.cursor, arrived };
            take(news);
            tabs?.postMessage(news);
          }
        } catch (lost) { // a lost connection, or a session that has ended: the renewal finds out
          isCrowded = (lost as Partial<CloseEvent> | undefined)?.code === CROWDED;
        }
        if (over) return;
        away = true;
        setLive((was) => (isCrowded ? { ...was, connected: true, version: was.version + 1 } : { ...was, connected: false }));
        await new Promise<void>((done) => {
          wake = done;
          setTimeout(done, isCrowded ? MOST_WAIT_MS : wait);
        });
        if (!over && !isCrowded) await renew().catch(() => undefined);
      }
    }
    const hurry = () => wake?.();
    const seen = () => document.visibilityState === 'visible' && hurry();
    const gone = () => client.terminate();
    window.addEventListener('online', hurry);
    window.addEventListener('offline', gone);
    document.addEventListener('visibilitychange', seen);
    void listen();
    return () => {
      over = true;
      hurry();
      window.removeEventListener('online', hurry);
      window.removeEventListener('offline', gone);
      document.removeEventListener('visibilitychange', seen);
      tabs?.close();
      void client.dispose();
    };
  }, [follow]);

  return <LiveContext.Provider value={{ ...live, dismiss }}>{children}</LiveContext.Provider>;
}
