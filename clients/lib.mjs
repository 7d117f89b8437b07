// What all suites share: a verdict that the Go tests read, and somebody who is signed in.
import { readFileSync } from 'node:fs';

export const base = (process.argv[2] ?? 'http://127.0.0.1:8080').replace(/\/$/, '');
export const endpoint = `${base}/graphql`;
export const socket = endpoint.replace(/^http/, 'ws');
const BOUND_MS = 120_000;

export const versionOf = (name) => JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;

// suite runs named checks one after another and prints one line of JSON: what was checked, and what failed.
export async function suite(name, checks) {
  const bound = setTimeout(() => {
    console.error(`not finished after ${BOUND_MS / 1000} s`);
    process.exit(1);
  }, BOUND_MS);
  const failed = [];
  for (const [what, check] of Object.entries(checks)) {
    try {
      await check();
    } catch (reason) {
      failed.push(`${what}: ${reason?.message ?? reason}${reason?.stdout ? ` ${reason.stdout}` : ''}`);
    }
  }
  clearTimeout(bound);
  const verdict = { suite: name, version: versionOf(name), checks: Object.keys(checks).length, failed };
  process.stdout.write(`${JSON.stringify(verdict)}\n`, () => process.exit(0)); // whatever is still open
}

export function equal(got, want) {
  if (JSON.stringify(got) !== JSON.stringify(want)) throw new Error(`got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

export async function within(promise, what, ms = 20_000) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`${what}: nothing in ${ms} ms`)), ms)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export async function call(query, variables, token) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

const people = { anna: ['anna@purser.test', '+79000000002'], boris: ['boris@purser.test', '+79000000003'] };

// logIn signs a person of the demo data in, with the code of the development inbox.
export async function logIn(who) {
  const [login, phone] = people[who];
  const { logIn } = await call('mutation($l: String!) { logIn(input: {login: $l, password: "demo-password"}) { challenge { id } } }', { l: login });
  const inbox = await (await fetch(`${base}/dev/inbox.json?to=${encodeURIComponent(phone)}`)).json();
  const { confirmLogIn } = await call(
    'mutation($i: ID!, $c: String!) { confirmLogIn(input: {challengeId: $i, code: $c}) { tokens { accessToken refreshToken } } }',
    { i: logIn.challenge.id, c: inbox[0].code },
  );
  return confirmLogIn.tokens.accessToken;
}

export const head = async (token) => (await call('{ viewer { events(first: 1) { headCursor } } }', {}, token)).viewer.events.headCursor;

// openWallet makes an event of the account.
export const openWallet = (token, name) =>
  call('mutation($n: String) { openWallet(input: {currency: "Z", name: $n}) { wallet { number name } userErrors { code } } }', { n: name }, token);

export const accountEvents = `subscription AccountEvents($after: String) {
  accountEvents(after: $after) { __typename id cursor ... on WalletOpened { wallet { name } } }
}`;
