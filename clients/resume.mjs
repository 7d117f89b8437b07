// node resume.mjs <baseURL> <accessToken> <refreshToken> ws|sse: a subscription of graphql-ws or graphql-sse as an app has it. It goes on behind the last
// cursor whenever its connection ends, on a socket with a new token when the old one is over. It says what it sees, a line of JSON each, until its input ends.
import { createClient as createStreams } from 'graphql-sse';
import { createClient as createSockets } from 'graphql-ws';
import WebSocket from 'ws';
import { accountEvents, call, endpoint, head, socket } from './lib.mjs';

const MOST_MS = 180_000;
let [, , , access, refresh, way] = process.argv;
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const pause = (retries) => new Promise((resolve) => setTimeout(resolve, Math.min(100 * 2 ** retries, 2_000)));
let over = false; // the token

async function renew() {
  const { refreshSession } = await call(
    'mutation($r: String!) { refreshSession(input: {refreshToken: $r}) { tokens { accessToken refreshToken } } }',
    { r: refresh },
  );
  ({ accessToken: access, refreshToken: refresh } = refreshSession.tokens);
  over = false;
}

const streams = () => createStreams({
  url: endpoint,
  headers: { Authorization: `Bearer ${access}` },
  retryAttempts: 50,
  retry: pause,
  on: { connected: (again) => say({ connected: true, again }) },
});

const sockets = () => createSockets({
  url: socket,
  webSocketImpl: WebSocket,
  retryAttempts: 50,
  retryWait: pause,
  connectionParams: async () => {
    if (over) await renew();
    return { Authorization: `Bearer ${access}` };
  },
  on: {
    connected: () => say({ connected: true }),
    closed: ({ code, reason }) => {
      over = code === 4403;
      say({ closed: code, reason });
    },
  },
});

const payload = { query: accountEvents, variables: { after: await head(access).catch(() => renew().then(() => head(access))) } }; // which may be over already
(way === 'sse' ? streams() : sockets()).subscribe(payload, {
  next: ({ data, errors }) => {
    if (errors) say({ failed: errors });
    const event = data?.accountEvents;
    if (!event) return;
    payload.variables.after = event.cursor; // read again at each connection
    if (event.wallet) say({ name: event.wallet.name });
  },
  error: (error) => say({ failed: error?.message ?? error }),
  complete: () => say({ failed: 'it is complete' }),
});
process.stdin.on('end', () => process.exit(0)).resume();
setTimeout(() => process.exit(1), MOST_MS);
