// What all checks share: the verdict, and a plain API client.
import { existsSync, readFileSync } from 'node:fs';

const operations = readFileSync(new URL('operations.graphql', import.meta.url), 'utf8');
const BOUND_MS = 480_000;

export const WAIT_MS = 60_000; // a busy machine takes its time
export const WATCH_MS = 20_000; // for what the server sees to every two seconds
export const base = (process.argv[2] ?? 'http://127.0.0.1:8080').replace(/\/$/, '');

// What Debian's packages call Chromium: without windows, and with.
export const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path));

export const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));
export const ok = (what) => console.log(`ok - ${what}`);

export function check(condition, what) {
  if (!condition) throw new Error(what);
  ok(what);
}

// soon is check for what takes a render or an answer to be seen: it looks until that is a value, fits a pattern, or pleases a judge.
export async function soon(look, wanted, what) {
  const isSo = wanted instanceof RegExp ? (seen) => wanted.test(seen) : typeof wanted === 'function' ? wanted : (seen) => seen === wanted;
  let seen;
  for (const end = Date.now() + WAIT_MS; !isSo((seen = await look())); await sleep(50)) {
    if (Date.now() > end) throw new Error(`${what}: it is ${JSON.stringify(seen)}`);
  }
  ok(what);
}

// run gives a check its time, prints the verdict and ends the process.
export async function run(body, most = BOUND_MS) {
  const bound = setTimeout(() => {
    console.error(`not ok - not finished after ${most / 1000} s`);
    process.exit(1);
  }, most);
  try {
    await body();
  } catch (reason) {
    console.error(`not ok - ${reason.stack ?? reason}`);
    process.exit(1); // whatever is still open
  }
  clearTimeout(bound);
}

// operation is what an API client sends for one of operations.graphql, which also the Go tests hold against the schema.
export const operation = (operationName, variables = {}) => ({ query: operations, operationName, variables });

// call sends an operation from outside the browser and returns its only field; any refusal is an error.
export async function call(name, variables, token) {
  const response = await fetch(`${base}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    body: JSON.stringify(operation(name, variables)),
    signal: AbortSignal.timeout(WAIT_MS),
  });
  const { data, errors } = await response.json();
  const [result] = Object.values(data ?? {});
  const refused = errors ?? result?.userErrors ?? [];
  if (refused.length > 0) throw new Error(`${name}: ${JSON.stringify(refused)}`);
  return result;
}

export async function inbox(to) {
  const response = await fetch(`${base}/dev/inbox.json?to=${encodeURIComponent(to)}`, { signal: AbortSignal.timeout(WAIT_MS) });
  return response.json();
}

// nextMessage does something and waits for the message it sends to an address.
export async function nextMessage(to, wanted, action) {
  const before = new Set((await inbox(to)).map((message) => JSON.stringify(message)));
  const result = await action();
  for (const end = Date.now() + WAIT_MS; Date.now() < end; await sleep(200)) {
    const message = (await inbox(to)).find((m) => wanted(m) && !before.has(JSON.stringify(m)));
    if (message) return { message, result };
  }
  throw new Error(`no message for ${to}`);
}

// register opens a new account by plain API calls and returns its tokens, what one logs in with, and the letter that asks to
// confirm its e-mail.
export async function register(names = { firstName: 'Ema', lastName: 'Tester' }) {
  const serial = String(Date.now()).slice(-7);
  const phone = `+7901${serial}`;
  const email = `e2e-${serial}@purser.test`;

  const { registration } = await call('StartRegistration', { input: { phone, locale: 'EN' } });
  const { token } = registration;
  const profile = { ...names, birthDate: '1990-01-01' };
  const question = { securityQuestion: 'Which street?', securityAnswer: 'Lime Street' };
  const { message: sms } = await nextMessage(phone, (m) => m.code, () =>
    call('SubmitProfile', { input: { token, profile, email, ...question } }),
  );
  await call('VerifyPhone', { input: { token, code: sms.code } });

  const agreements = await call('Agreements');
  const password = `a long sentence ${serial}`;
  const { message: letter, result } = await nextMessage(email, (m) => m.link, () =>
    call('CompleteRegistration', {
      input: {
        token, password, passwordConfirmation: password, acceptedAgreements: agreements.map(({ id }) => id),
        device: { name: 'e2e', platform: 'OTHER' },
      },
    }),
  );
  return { letter, phone, email, password, ...result.tokens };
}
