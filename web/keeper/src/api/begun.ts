// What is begun before one is signed in, and goes on when its tab was closed: the server keeps its token in a cookie that no script sees, and hands it back.

import { type Begun, forgetNotes, inTurn, isNoted, note } from './cookies';
import { request } from './network';

const path = (what: Begun) => `/web/${what}`;

// readBegun is what was begun here; `gone` says that something was, and is kept no more.
export function readBegun(what: Begun): Promise<{ token?: string; gone: boolean }> {
  return inTurn(async () => {
    const answer = await request(path(what));
    if (answer.status === 200) return { token: ((await answer.json()) as { token: string }).token, gone: false };
    if (answer.status !== 204) throw new Error(`${path(what)}: ${answer.status}`);
    return { gone: isNoted(what) };
  });
}

// keepBegun does what it can: without an answer the next step tries it again, and until then the tab alone knows.
export function keepBegun(what: Begun, token: string) {
  void inTurn(async () => {
    const answer = await request(path(what), { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token }) });
    if (answer.ok) note(what);
  }).catch(() => undefined);
}

export function forgetBegun(what: Begun) {
  void inTurn(() => {
    forgetNotes(what);
    return request(path(what), { method: 'DELETE' });
  }).catch(() => undefined);
}
