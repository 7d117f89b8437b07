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

// renewApp loads the app anew; what it is in the middle of is kept where it must be.
export async function renewApp() {
  if (Date.now() - Number(sessionStorage.getItem(RELOADED) ?? 0) < 60_000) return;
  sessionStorage.setItem(RELOADED, String(Date.now()));
  await navigator.serviceWorker?.getRegistration().then((r) => r?.update()).catch(() => undefined);
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
