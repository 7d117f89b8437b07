import { authExchange } from '@urql/exchange-auth';
import { cacheExchange, Client, type CombinedError, fetchExchange } from 'urql';
import i18n from 'i18next';
import { isStale, renew, token } from './session';

const isUnauthenticated = (error: CombinedError) =>
  (error.response as Response | undefined)?.status === 401 || error.graphQLErrors.some((e) => e.extensions?.code === 'UNAUTHENTICATED');

export const makeClient = () =>
  new Client({
    url: '/graphql',
    preferGetMethod: false,
    fetchOptions: () => ({ headers: { 'Accept-Language': i18n.language }, credentials: 'same-origin' }),
    exchanges: [
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
      fetchExchange,
    ],
  });

// isLost tells that no answer came: nobody knows whether the request was served.
export const isLost = (error?: CombinedError) =>
  !!error && (!!error.networkError || ((error.response as Response | undefined)?.status ?? 0) >= 500);
