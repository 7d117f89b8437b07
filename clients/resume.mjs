// node resume.mjs <baseURL> <accessToken> <refreshToken>: a subscription of graphql-ws as an app has it. It goes on behind the last cursor whenever its
// socket is closed, with a new token when the old one is over. It says what it sees, a line of JSON each, until its input ends.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { accountEvents, call, head, socket } from './lib.mjs';

const MOST_MS = 180_000;
let [, , , access, refresh] = process.argv;
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
let over = false; // the token

const client = createClient({
  url: socket,
  webSocketImpl: WebSocket,
  retryAttempts: 50,
  retryWait: (retries) => new Promise((resolve) => setTimeout(resolve, Math.min(100 * 2 ** retries, 2_000))),
  connectionParams: async () => {
    if (over) {
      const { refreshSession } = await call(
        'mutation($r: String!) { refreshSession(input: {refreshToken: $r}) { tokens { accessToken refreshToken } } }',
        { r: refresh },
      );
      ({ accessToken: access, refreshToken: refresh } = refreshSession.tokens);
      over = false;
    }
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

const payload = { query: accountEvents, variables: { after: await head(access) } };
client.subscribe(payload, {
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
