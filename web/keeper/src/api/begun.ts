// What is begun before one is signed in, and goes on when its tab was closed: the server keeps its token in a cookie that no script sees, and hands it back.

import { request } from './network';

export type Begun = 'registration' | 'lost-phone';

const noted = (what: Begun) => `keeper.begun.${what}`; // no secret: that something was begun here, so that it can be said that it has run out
const path = (what: Begun) => `/web/${what}`;

let last: Promise<unknown> = Promise.resolve();

// inTurn keeps what is kept and what is forgotten in the order in which it was meant.
function inTurn<T>(act: () => Promise<T>) {
  const next = last.then(act);
  last = next.catch(() => undefined);
  return next;
}

// readBegun is what was begun here; `gone` says that something was, and is kept no more.
export function readBegun(what: Begun): Promise<{ token?: string; gone: boolean }> {
  return inTurn(async () => {
    const answer = await request(path(what));
    if (answer.status === 200) return { token: ((await answer.json()) as { token: string }).token, gone: false };
    if (answer.status !== 204) throw new Error(`${path(what)}: ${answer.status}`);
    return { gone: localStorage.getItem(noted(what)) !== null };
  });
}

// keepBegun does what it can: without an answer the next step tries it again, and until then the tab alone knows.
export function keepBegun(what: Begun, token: string) {
  localStorage.setItem(noted(what), 'yes');
  void inTurn(() => request(path(what), { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token }) })).catch(() => undefined);
}

export function forgetBegun(what: Begun) {
  forgetNotes(what);
  void inTurn(() => request(path(what), { method: 'DELETE' })).catch(() => undefined);
}

// forgetNotes is for whoever logs out: the server has forgotten the rest.
export function forgetNotes(...what: Begun[]) {
  for (const one of what) localStorage.removeItem(noted(one));
}
