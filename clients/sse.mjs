// node sse.mjs <baseURL>: graphql-sse, in its mode of distinct connections.
import { createClient } from 'graphql-sse';
import { accountEvents, endpoint, equal, head, logIn, openWallet, suite, within } from './lib.mjs';

const token = await logIn('anna');
const connect = (headers) => createClient({ url: endpoint, headers, retryAttempts: 0 });
const client = connect({ Authorization: `Bearer ${token}` });

await suite('graphql-sse', {
  'an event arrives live': async () => {
    const after = await head(token);
    const next = within(client.iterate({ query: accountEvents, variables: { after } }).next(), 'the event');
    await openWallet(token, 'sse live');
    equal((await next).value.data.accountEvents.wallet.name, 'sse live');
  },
  'a query is answered and completed': async () => {
    const heard = [];
    for await (const result of client.iterate({ query: '{ currencies { letter } }' })) heard.push(result);
    equal([heard.length, heard[0].data.currencies[0].letter], [1, 'Z']);
  },
  'a mistake in a document is told': async () => {
    const heard = await within(client.iterate({ query: 'subscription { nothing }' }).next(), 'the refusal').catch((reason) => reason);
    if (!JSON.stringify(heard?.value ?? heard).includes('nothing') && !heard?.response) throw new Error(JSON.stringify(heard));
  },
  'a bad token is refused with 401': async () => {
    const refused = await within(connect({ Authorization: 'Bearer none' }).iterate({ query: accountEvents }).next(), 'the refusal').catch((reason) => reason);
    equal(refused.response?.status, 401);
  },
});
