// node urql.mjs <baseURL>: urql's core: it accepts event streams with every request, and must get JSON all the same.
import { Client, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { accountEvents, endpoint, equal, head, logIn, openWallet, socket, suite, versionOf, within } from './lib.mjs';

const token = await logIn('anna');
const headers = { Authorization: `Bearer ${token}` };
const seen = [];
const spy = async (input, init) => {
  const response = await fetch(input, init);
  seen.push([init.headers.accept ?? init.headers.Accept, response.headers.get('content-type')]);
  return response;
};
const client = new Client({ url: endpoint, exchanges: [fetchExchange], fetchOptions: { headers }, fetch: spy, preferGetMethod: false });

await suite('@urql/core', {
  'a query is answered with JSON though streams are accepted': async () => {
    const { data, error } = await client.query(gql('{ viewer { wmid } }'), {}).toPromise();
    if (error || !data.viewer.wmid) throw new Error(String(error));
    const [accepts, got] = seen.at(-1);
    if (!accepts.includes('text/event-stream')) throw new Error(`urql ${versionOf('@urql/core')} asks for ${accepts}`);
    if (!/json/.test(got)) throw new Error(got);
  },
  'a mutation is answered': async () => {
    const { data, error } = await client.mutation(gql('mutation { openWallet(input: {currency: "E"}) { wallet { number } userErrors { code } } }'), {}).toPromise();
    if (error || !data.openWallet.wallet) throw new Error(String(error));
  },
  'a faulty document is an error with a code': async () => {
    const { error } = await client.query(gql('{ nothing }'), {}).toPromise();
    equal(error.graphQLErrors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
  },
  'an event arrives by event stream': async () => {
    const streaming = new Client({ url: endpoint, exchanges: [fetchExchange], fetchOptions: { headers: { ...headers, accept: 'text/event-stream' } }, fetchSubscriptions: true, preferGetMethod: false });
    const after = await head(token);
    const event = new Promise((resolve) => streaming.subscription(gql(accountEvents), { after }).subscribe(resolve));
    await openWallet(token, 'urql stream');
    equal((await within(event, 'the event')).data.accountEvents.wallet.name, 'urql stream');
  },
  'an event arrives by websocket': async () => {
    const sockets = createClient({ url: socket, webSocketImpl: WebSocket, connectionParams: headers });
    const forwardSubscription = (request) => ({
      subscribe: (sink) => ({ unsubscribe: sockets.subscribe({ ...request, query: request.query ?? '' }, sink) }),
    });
    const live = new Client({ url: endpoint, exchanges: [subscriptionExchange({ forwardSubscription })], preferGetMethod: false });
    const after = await head(token);
    const event = new Promise((resolve) => live.subscription(gql(accountEvents), { after }).subscribe(resolve));
    await openWallet(token, 'urql socket');
    equal((await within(event, 'the event')).data.accountEvents.wallet.name, 'urql socket');
  },
});
