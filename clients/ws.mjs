// node ws.mjs <baseURL>: graphql-ws, the websocket client of most apps.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { accountEvents, equal, head, logIn, openWallet, socket, suite, within } from './lib.mjs';

const token = await logIn('anna');
const client = createClient({ url: socket, webSocketImpl: WebSocket, connectionParams: { Authorization: `Bearer ${token}` }, lazy: true });
const first = (query, variables) => within(client.iterate({ query, variables }).next(), 'the first event');

await suite('graphql-ws', {
  'an event arrives live': async () => {
    const after = await head(token);
    const next = first(accountEvents, { after });
    await openWallet(token, 'ws live');
    equal((await next).value.data.accountEvents.wallet.name, 'ws live');
  },
  'what was missed is replayed after a cursor': async () => {
    const after = await head(token);
    await openWallet(token, 'ws missed');
    equal((await first(accountEvents, { after })).value.data.accountEvents.wallet.name, 'ws missed');
  },
  'a mistake in a document ends that operation alone': async () => {
    const after = await head(token);
    const good = first(accountEvents, { after });
    const bad = await first('subscription { nothing }').catch((errors) => errors);
    if (!Array.isArray(bad) || bad[0].extensions?.code !== 'GRAPHQL_VALIDATION_FAILED') throw new Error(JSON.stringify(bad));
    await openWallet(token, 'ws alone');
    equal((await good).value.data.accountEvents.wallet.name, 'ws alone');
  },
  'mutations do not run over a socket': async () => {
    const refused = await first('mutation { logOut { userErrors { code } } }').catch((errors) => errors);
    const code = refused[0]?.extensions?.code ?? refused.value?.errors?.[0]?.extensions?.code;
    if (!code) throw new Error(JSON.stringify(refused));
  },
  'a refused connection is closed with 4403 or 4401': async () => {
    const stranger = createClient({ url: socket, webSocketImpl: WebSocket, connectionParams: { Authorization: 'Bearer none' }, retryAttempts: 0 });
    const closed = await within(stranger.iterate({ query: accountEvents }).next(), 'the close').catch((reason) => reason);
    if (![4401, 4403].includes(closed.code)) throw new Error(`closed with ${closed.code}`);
  },
});
