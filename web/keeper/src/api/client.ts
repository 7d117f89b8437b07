import { authExchange } from '@urql/exchange-auth';
import { persistedExchange } from '@urql/exchange-persisted';
import i18n from 'i18next';
import { cacheExchange, Client, type CombinedError, fetchExchange, mapExchange } from 'urql';
import { knownExchange } from './known';
import { isUnknown, request } from './network';
import { hashOf } from './persisted';
import { isStale, renew, token } from './session';

const isUnauthenticated = (error: CombinedError) =>
  (error.response as Response | undefined)?.status === 401 || error.graphQLErrors.some((e) => e.extensions?.code === 'UNAUTHENTICATED');

const RELOADED = 'keeper.reloaded';

// freshen takes the app that belongs to the server, once a minute at most: one that is older or newer asks for documents that are not known there.
function freshen(error: CombinedError) {
  if (isUnknown(error)) void renewApp();
}

const TAKE_MS = 30_000; // the whole app is loaded meanwhile

// takeNewest has the newest service worker take over, with the app that came along: a reload alone leaves it waiting for as long as any tab is open.
async function takeNewest() {
  const registration = await navigator.serviceWorker?.getRegistration();
  await registration?.update().catch(() => undefined); // one that came before may be waiting all the same
  const next = registration?.installing ?? registration?.waiting;
  if (!next) return;
  await new Promise<void>((done) => {
    const look = () => {
      if (next.state === 'installed') next.postMessage({ type: 'SKIP_WAITING' });
      if (next.state === 'activated' || next.state === 'redundant') done();
    };
    next.addEventListener('statechange', look);
    look();
  });
}

// renewApp loads the app anew; what it is in the middle of is kept where it must be.
export async function renewApp() {
  if (!(sessionStorage instanceof Storage)) return; // a browser that keeps nothing would load it anew for ever, and lose what it is in the middle of
  if (Date.now() - Number(sessionStorage.getItem(RELOADED) ?? 0) < 60_000) return;
  sessionStorage.setItem(RELOADED, String(Date.now()));
  await Promise.race([takeNewest().catch(() => undefined), new Promise((over) => setTimeout(over, TAKE_MS))]);
  location.reload();
}

export const makeClient = () =>
  new Client({
    url: '/graphql',
    preferGetMethod: false,
    fetch: request,
    fetchOptions: () => ({ headers: { 'Accept-Language': i18n.language }, credentials: 'same-origin' }),
    exchanges: [
      knownExchange,
      mapExchange({ onError: freshen }),
      cacheExchange,
      authExchange(async (utils) => ({
        addAuthToOperation: (operation) => {
          const bearer = token();
          return bearer ? utils.appendHeaders(operation, { Authorization: `Bearer ${bearer}` }) : operation;
        },
        willAuthError: isStale,
        didAuthError: isUnauthenticated,
        refreshAuth: () => renew().catch(() => undefined), // offline: the request itself will say so
      })),
      // By POST: what is asked may hold a token, which no address may.
      persistedExchange({ enforcePersistedQueries: true, enableForMutation: true, preferGetForPersistedQueries: false, generateHash: async (_, document) => hashOf(document) }),
      fetchExchange,
    ],
  });
