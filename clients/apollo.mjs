// node apollo.mjs <baseURL>: Apollo Client: queries, persisted queries, errors, and subscriptions by graphql-ws.
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createHash } from 'node:crypto';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { accountEvents, endpoint, equal, head, logIn, openWallet, socket, suite, within } from './lib.mjs';

const token = await logIn('anna');
const headers = { Authorization: `Bearer ${token}` };
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const make = (link) => new ApolloClient({ link, cache: new InMemoryCache() });
const http = make(new HttpLink({ uri: endpoint, headers }));
const viewer = gql('query Viewer { viewer { id wmid wallets { id number balance { amount currency { letter } } } } }');

await suite('@apollo/client', {
  'a query fills the cache by id': async () => {
    const { data } = await http.query({ query: viewer });
    const again = await http.query({ query: viewer, fetchPolicy: 'cache-only' });
    equal(again.data, data);
    if (!http.extract()[`Account:${data.viewer.id}`]) throw new Error('the account is not normalised');
  },
  'a mutation answers a user error as data': async () => {
    const { data } = await http.mutate({ mutation: gql('mutation { closeWallet(input: {walletNumber: "Z1"}) { wallet { id } userErrors { code message field } } }') });
    equal(data.closeWallet.userErrors[0].code, 'INVALID_WALLET_NUMBER');
  },
  'a faulty document is an error with a code': async () => {
    const reason = await http.query({ query: gql('{ nothing }') }).catch((error) => error);
    if (!CombinedGraphQLErrors.is(reason)) throw new Error(String(reason));
    equal(reason.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
  },
  'a bad token is UNAUTHENTICATED': async () => {
    const stranger = make(new HttpLink({ uri: endpoint, headers: { Authorization: 'Bearer none' } }));
    const reason = await stranger.query({ query: viewer }).catch((error) => error);
    if (!String(reason.bodyText ?? JSON.stringify(reason.errors ?? reason.result ?? '')).includes('UNAUTHENTICATED')) throw new Error(String(reason));
  },
  'a persisted query is stored once and asked for by its hash': async () => {
    const sent = [];
    const spy = (input, init) => (sent.push(JSON.parse(init.body)), fetch(input, init));
    const link = ApolloLink.from([new PersistedQueryLink({ sha256 }), new HttpLink({ uri: endpoint, headers, fetch: spy })]);
    const query = gql(`query Letters${Date.now()} { currencies { letter } }`);
    for (let i = 0; i < 2; i++) equal((await make(link).query({ query })).data.currencies[0].letter, 'Z');
    equal(sent.map((body) => 'query' in body), [false, true, false]);
  },
  'an event arrives by websocket': async () => {
    const sockets = createClient({ url: socket, webSocketImpl: WebSocket, connectionParams: headers });
    const after = await head(token);
    const event = new Promise((resolve, reject) =>
      make(new GraphQLWsLink(sockets)).subscribe({ query: gql(accountEvents), variables: { after } }).subscribe({ next: resolve, error: reject }));
    await openWallet(token, 'apollo live');
    equal((await within(event, 'the event')).data.accountEvents.wallet.name, 'apollo live');
    await sockets.dispose();
  },
});
