// node ws.mjs <baseURL>: subscriptions with the websocket client that most apps use (graphql-ws).
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { base, call, check, operation, register, run, sleep, WAIT_MS, WATCH_MS } from './lib.mjs';

const MOST = 20; // subscriptions on one socket, the server's default
const WALLETS = 12;

await run(async () => {
  await checkRefusal('Bearer nonsense', 4401, 1);
  await checkRefusal('Bearer no.such.session', 4403, 5);

  const { accessToken } = await register();
  await checkReplay(accessToken);
  await checkMistakes(accessToken);
  await checkLimit(accessToken);
  await checkLogOut(accessToken);
});

// connect makes a client and counts how often it connects.
function connect(authorization) {
  const client = createClient({
    url: `${base.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: authorization },
    on: { connecting: () => client.connects++ },
  });
  const firstClose = new Promise((resolve) => client.on('closed', resolve));
  return Object.assign(client, { connects: 0, firstClose });
}

// listen subscribes and collects what comes.
function listen(client, request) {
  const heard = { results: [], error: undefined, ended: false };
  heard.stop = client.subscribe(request, {
    next: (result) => heard.results.push(result),
    error: (error) => Object.assign(heard, { error, ended: true }),
    complete: () => (heard.ended = true),
  });
  return heard;
}

async function until(condition, what) {
  for (const end = Date.now() + WAIT_MS; !condition(); await sleep(20)) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
  }
}

function codeOf({ error, results }) {
  return (error?.[0] ?? results[0]?.errors?.[0])?.extensions?.code;
}

function openWallet(token, name) {
  return call('OpenWallet', { input: { currency: 'Z', name } }, token);
}

async function headOf(token) {
  const { events } = await call('EventsHead', {}, token);
  return events.headCursor;
}

async function checkRefusal(authorization, code, most) {
  const client = connect(authorization);
  const heard = listen(client, operation('AccountEvents'));
  const { code: got } = await client.firstClose;
  check(got === code, `“${authorization}” is refused with ${code}${got === code ? '' : `, not ${got}`}`);
  await sleep(3_000);
  check(client.connects <= most, `the client came ${client.connects} times in 3 s`);
  heard.stop();
}

// checkReplay subscribes behind a cursor while wallets are being opened: each must be told of once, in order.
async function checkReplay(token) {
  const after = await headOf(token);
  const names = Array.from({ length: WALLETS }, (_, i) => `wallet ${i}`);
  const client = connect(`Bearer ${token}`);
  const listeners = [];
  for (const name of names) {
    if (listeners.length < 6) listeners.push(listen(client, operation('AccountEvents', { after })));
    await openWallet(token, name);
  }
  listeners.push(listen(client, operation('AccountEvents', { after })));
  await until(() => listeners.every(({ results }) => results.length >= WALLETS), 'all wallets were told of');
  await sleep(500);
  const told = ({ results }) => results.map(({ data }) => data.accountEvents.wallet.name).join();
  check(listeners.every((heard) => told(heard) === names.join()), 'a replay that runs into live events has no gap and no double');
  const middle = listeners[0].results[WALLETS / 2 - 1].data.accountEvents.cursor;
  const rest = listen(client, operation('AccountEvents', { after: middle }));
  await until(() => rest.results.length >= WALLETS / 2, 'the rest was told of');
  check(told(rest) === names.slice(WALLETS / 2).join(), 'a replay begins right behind its cursor');
  for (const heard of [...listeners, rest]) heard.stop();
}

// checkMistakes makes mistakes on a socket that another subscription lives on.
async function checkMistakes(token) {
  const client = connect(`Bearer ${token}`);
  const living = listen(client, operation('AccountEvents', { after: await headOf(token) }));
  const refused = async (request, what) => {
    const heard = listen(client, request);
    await until(() => heard.ended, `an end of ${what}`);
    check(codeOf(heard), `${what} is refused with ${codeOf(heard)}`);
  };
  await refused({ query: 'subscription { nothing }' }, 'an unknown field');
  await refused({ query: 'subscription {' }, 'half a document');
  await refused(operation('AccountEvents', { after: 'nonsense' }), 'a cursor that is none');
  await refused(operation('Wallets'), 'a query over the socket');
  await refused(operation('OpenWallet', { input: { currency: 'E', name: 'by socket' } }), 'a mutation over the socket');

  await openWallet(token, 'still here');
  await until(() => living.results.length > 0, 'the living subscription heard');
  const [{ data }] = living.results;
  check(data.accountEvents.wallet.name === 'still here' && client.connects === 1, 'none of that disturbs the other subscription');
  living.stop();
}

async function checkLimit(token) {
  const client = connect(`Bearer ${token}`);
  const after = await headOf(token);
  const within = Array.from({ length: MOST }, () => listen(client, operation('AccountEvents', { after })));
  await openWallet(token, 'for all');
  await until(() => within.every(({ results }) => results.length === 1), `${MOST} subscriptions live`);

  const beyond = listen(client, operation('AccountEvents'));
  await until(() => beyond.ended, 'an end of the one too many');
  check(codeOf(beyond) === 'RATE_LIMITED' && !within.some(({ ended }) => ended), 'one subscription too many is refused, alone');

  within[0].stop();
  let again = listen(client, operation('AccountEvents', { after }));
  await until(() => {
    if (again.ended) again = listen(client, operation('AccountEvents', { after })); // the server had not heard yet that one has stopped
    return again.results[0]?.data;
  }, 'a place that became free is used');
  check(client.connects === 1, 'a place that became free can be used');
  for (const heard of [...within, again]) heard.stop();
}

async function checkLogOut(token) {
  const client = connect(`Bearer ${token}`);
  const heard = listen(client, operation('AccountEvents', { after: await headOf(token) }));
  await openWallet(token, 'the last');
  await until(() => heard.results.length > 0, 'the subscription lives');
  await call('LogOut', {}, token);
  const left = Date.now();
  const { code } = await client.firstClose;
  check(code === 4403 && Date.now() - left < WATCH_MS, `a log-out closes the socket with ${code} after ${Date.now() - left} ms`);
  heard.stop();
}
