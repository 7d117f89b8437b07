// The browser's session. The access token is held here, in memory, and nowhere else; the refresh token is in a cookie that no script sees.

import { finishLeaving, forgetNotes, inTurn, isLeaving, leave } from './cookies';
import { request, serverNow } from './network';

type Access = { accessToken: string; accessTokenExpiresAt: string };
export type Handed = { refreshToken: string; deviceTrustToken?: string | null };
export type State = 'unknown' | 'offline' | 'out' | 'in'; // offline: nobody has said yet whose the session is

const MOST_WAIT_MS = 15_000;
const EARLY_MS = 30_000; // a token that ends so soon is renewed before it is used
const ANSWER_MS = 5_000; // the server forgives a lost answer for a while: a renewal is soon repeated
const PATIENCE_MS = 3_000; // then what is kept is shown, while it is still asked whose the session is

let access: Access | undefined;
let state: State = 'unknown';
let person = ''; // whose the token is
let assumed = ''; // whose what is kept is, which is shown while nobody has said whose the session is
let ended = false; // by somebody else than who looks at it
let changes = 0; // of the person, without a log-out here
let renewing: Promise<void> | undefined;
const listeners = new Set<() => void>();

export const sessionState = () => state;

// hasEnded tells that a session that was open here has ended, and not by a log-out here.
export const hasEnded = () => ended;

// personOf changes when it is another person's session than it was: another tab may have logged out, and somebody else in.
export const personOf = () => changes;
export const sessionOf = () => `${state} ${changes}`;

// whoIsIn is the account that the session is of; empty where there is none.
export const whoIsIn = () => person;

export function onSession(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

// onGone has what is kept of a person forgotten when they are out, or somebody else is in.
export function onGone(forget: () => void) {
  let whose = changes;
  onSession(() => {
    if (state === 'out' || changes !== whose) forget();
    whose = changes;
  });
}

// assume tells whose the session was when that was last known.
export function assume(who: string) {
  if (state === 'offline') assumed = who;
}

function become(next: State, who = '') {
  if (state === next && person === who) return;
  const was = person || assumed;
  if (was && who && was !== who) changes++;
  assumed = '';
  state = next;
  person = who;
  for (const listener of listeners) listener();
}

function set(next: Access | undefined) {
  access = next;
  become(next ? 'in' : 'out', next && subjectOf(next.accessToken));
}

// subjectOf reads whose a token is (RFC 7519, 4.1.2). It proves nothing; the server does.
function subjectOf(jwt: string) {
  const claims = JSON.parse(atob(jwt.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'))) as { sub: string };
  return claims.sub;
}

// exchange asks for a new pair of tokens. An answer without one means that nobody is signed in; no answer changes nothing.
async function exchange(handed: Partial<Handed>, before?: () => Promise<void>) {
  const response = await request('/web/session', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(handed), signal: AbortSignal.timeout(ANSWER_MS),
  });
  if (response.status === 204) {
    ended ||= state === 'in';
    return set(undefined);
  }
  if (!response.ok) throw new Error(`session: ${response.status}`);
  const next = (await response.json()) as Access;
  await before?.();
  ended = false;
  set(next);
  if (handed.refreshToken) forgetNotes('registration', 'lost-phone'); // with what was begun, as the server does
}

// renew changes the cookie's token, once at a time however many ask, and in turn with who logs in or out, in whichever tab: a late answer ends nobody's new session,
// and brings none back.
export function renew() {
  renewing ??= inTurn(() => exchange({})).finally(() => (renewing = undefined));
  return renewing;
}

// pause waits for a time, or until there is a network again.
export const pause = (ms: number) =>
  new Promise<void>((done) => {
    setTimeout(done, ms);
    window.addEventListener('online', () => done(), { once: true });
  });

// adopt takes over the tokens of a log-in. They are good, and the code that brought them is used up: where no answer comes it is tried again until one does, and
// onLost tells whoever waits. `before` is done when there is a session, and before anybody is told of it.
export async function adopt({ refreshToken, deviceTrustToken }: Handed, onLost: () => void, before?: () => Promise<void>) {
  for (let wait = 1_000; ; wait = Math.min(wait * 2, MOST_WAIT_MS)) {
    try {
      return await inTurn(() => exchange({ refreshToken, deviceTrustToken }, before));
    } catch {
      onLost();
    }
    await pause(wait);
  }
}

// begin finds out whether somebody is signed in. Without a network, what is kept may be looked at until one is back.
export async function begin() {
  setTimeout(() => state === 'unknown' && become('offline'), PATIENCE_MS);
  for (let wait = 1_000; state === 'unknown' || state === 'offline'; wait = Math.min(wait * 2, MOST_WAIT_MS)) {
    try {
      return await renew();
    } catch {
      if (state === 'unknown') become('offline');
    }
    await pause(wait);
  }
}

export async function signOut() {
  sessionStorage.clear(); // what was begun is nobody else's
  await leave().catch(() => void leaveLater());
  ended = false;
  set(undefined);
}

// leaveLater ends the session as soon as the server answers, whether or not anybody does anything here.
async function leaveLater() {
  for (let wait = 1_000; isLeaving(); wait = Math.min(wait * 2, MOST_WAIT_MS)) {
    await pause(wait);
    if (isLeaving()) await finishLeaving().catch(() => undefined);
  }
}

// isStale tells whether a token must be had first.
export const isStale = () => state === 'in' && (!access || Date.parse(access.accessTokenExpiresAt) - serverNow() < EARLY_MS);

export const token = () => access?.accessToken;

export async function freshToken() {
  if (isStale()) await renew();
  return token();
}
