// The browser's session. The access token is held here, in memory, and nowhere else; the refresh token is in a cookie that no script sees.

type Access = { accessToken: string; accessTokenExpiresAt: string };
export type Handed = { refreshToken: string; deviceTrustToken?: string | null };
export type State = 'unknown' | 'out' | 'in';

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

function set(next: Access | undefined) {
  access = next;
  const was = state;
  state = next ? 'in' : 'out';
  if (was !== state) for (const listener of listeners) listener();
}

// exchange asks for a new pair of tokens. An answer without one means that nobody is signed in; no answer changes nothing.
async function exchange(handed: Partial<Handed>) {
  const response = await fetch('/web/session', {
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

export async function signOut() {
  await fetch('/web/session', { method: 'DELETE' });
  sessionStorage.clear(); // what was begun is nobody else's
  set(undefined);
}

// isStale tells whether a token must be had first.
export const isStale = () => state === 'in' && (!access || Date.parse(access.accessTokenExpiresAt) - Date.now() < EARLY_MS);

export const token = () => access?.accessToken;

export async function freshToken() {
  if (isStale()) await renew();
  return token();
}
