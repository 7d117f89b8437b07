// The browser's session. The access token is held here, in memory, and nowhere else; the refresh token is in a cookie that no script sees.

import { request } from './network';

type Access = { accessToken: string; accessTokenExpiresAt: string };
export type Handed = { refreshToken: string; deviceTrustToken?: string | null };
export type State = 'unknown' | 'offline' | 'out' | 'in'; // offline: nobody has said yet whose the session is

const LEAVING = 'keeper.leaving'; // no secret: who logs out without a network is out when it is back
const MOST_WAIT_MS = 15_000;
const EARLY_MS = 30_000; // a token that ends so soon is renewed before it is used

let access: Access | undefined;
let state: State = 'unknown';
let renewing: Promise<void> | undefined;
const listeners = new Set<() => void>();

export const sessionState = () => state;

export function onSession(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function become(next: State) {
  if (state === next) return;
  state = next;
  for (const listener of listeners) listener();
}

function set(next: Access | undefined) {
  access = next;
  become(next ? 'in' : 'out');
}

// exchange asks for a new pair of tokens. An answer without one means that nobody is signed in; no answer changes nothing.
async function exchange(handed: Partial<Handed>) {
  if (localStorage.getItem(LEAVING)) await leave();
  const response = await request('/web/session', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(handed),
  });
  if (response.status === 204) return set(undefined);
  if (!response.ok) throw new Error(`session: ${response.status}`);
  set((await response.json()) as Access);
}

// renew changes the cookie's token, once at a time however many ask.
export function renew() {
  renewing ??= exchange({}).finally(() => (renewing = undefined));
  return renewing;
}

// adopt takes over the tokens of a log-in.
export const adopt = ({ refreshToken, deviceTrustToken }: Handed) => exchange({ refreshToken, deviceTrustToken });

// begin finds out whether somebody is signed in. Without a network, what is kept may be looked at until one is back.
export async function begin() {
  for (let wait = 1_000; state === 'unknown' || state === 'offline'; wait = Math.min(wait * 2, MOST_WAIT_MS)) {
    try {
      return await renew();
    } catch {
      if (state === 'unknown') become('offline');
    }
    await new Promise<void>((done) => {
      setTimeout(done, wait);
      window.addEventListener('online', () => done(), { once: true });
    });
  }
}

// leave ends the session at the server; where that does not answer it is done before anything else is asked of it.
async function leave() {
  const answer = await request('/web/session', { method: 'DELETE' });
  if (!answer.ok) throw new Error(`session: ${answer.status}`);
  localStorage.removeItem(LEAVING);
}

export async function signOut() {
  localStorage.setItem(LEAVING, 'yes');
  sessionStorage.clear(); // what was begun is nobody else's
  await leave().catch(() => undefined);
  set(undefined);
}

// isStale tells whether a token must be had first.
export const isStale = () => state === 'in' && (!access || Date.parse(access.accessTokenExpiresAt) - Date.now() < EARLY_MS);

export const token = () => access?.accessToken;

export async function freshToken() {
  if (isStale()) await renew();
  return token();
}
