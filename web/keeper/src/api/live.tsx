import { createClient } from 'graphql-ws';
import { print } from 'graphql';
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { type LiveSubscription, LiveDocument, type TransferLineFragment } from '../gql/graphql';
import { freshToken, renew } from './session';

export type Live = { version: number; connected: boolean; arrived?: TransferLineFragment };

const LiveContext = createContext<Live>({ version: 0, connected: false });

// useLive tells what is new: `version` grows with each event, so that whoever shows data asks again.
export const useLive = () => useContext(LiveContext);

const MOST_WAIT_MS = 15_000;

// LiveProvider follows the account's events. After sleep, a lost network or a restart of the server it goes on behind the last event it
// has seen, so that none is missed and none comes twice.
export function LiveProvider({ from, children }: { from: string; children: ReactNode }) {
  const [live, setLive] = useState<Live>({ version: 0, connected: false });
  const cursor = useRef(from);

  useEffect(() => {
    let over = false;
    let wake: (() => void) | undefined;
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const client = createClient({
      url: `${scheme}://${location.host}/graphql`,
      connectionParams: async () => ({ Authorization: `Bearer ${(await freshToken()) ?? ''}` }),
      keepAlive: 10_000,
      retryAttempts: 0, // the loop below comes back with a newer cursor
      shouldRetry: () => false,
      on: { connected: () => setLive((was) => ({ ...was, connected: true })) },
    });

    async function follow() {
      for (let wait = 500; !over; wait = Math.min(wait * 2, MOST_WAIT_MS)) {
        try {
          const events = client.iterate<LiveSubscription>({ query: print(LiveDocument), variables: { after: cursor.current } });
          for await (const { data } of events) {
            if (over) return;
            const event = data?.accountEvents;
            if (!event) continue;
            wait = 500;
            cursor.current = event.cursor;
            const arrived = event.__typename === 'TransferReceived' ? event.transfer : undefined;
            setLive((was) => ({ version: was.version + 1, connected: true, arrived: arrived ?? was.arrived }));
          }
        } catch {
          // a lost connection, or a session that has ended: the renewal finds out
        }
        if (over) return;
        setLive((was) => ({ ...was, connected: false }));
        await new Promise<void>((done) => {
          wake = done;
          setTimeout(done, wait);
        });
        await renew().catch(() => undefined);
      }
    }
    const hurry = () => wake?.();
    const seen = () => document.visibilityState === 'visible' && hurry();
    window.addEventListener('online', hurry);
    document.addEventListener('visibilitychange', seen);
    void follow();
    return () => {
      over = true;
      hurry();
      window.removeEventListener('online', hurry);
      document.removeEventListener('visibilitychange', seen);
      void client.dispose();
    };
  }, []);

  return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>;
}
