// What the browser keeps in cookies that no script sees is changed one request at a time, by all its tabs: no answer that comes late undoes what was kept since.

import { request } from './network';

export type Begun = 'registration' | 'lost-phone';

const LEAVING = 'keeper.leaving'; // no secret: who logs out without a network is out when it is back
const noted = (what: Begun) => `keeper.begun.${what}`; // no secret: that something was begun here, so that it can be said that it has run out

export const note = (what: Begun) => localStorage.setItem(noted(what), 'yes');
export const isNoted = (what: Begun) => localStorage.getItem(noted(what)) !== null;

export function forgetNotes(...what: Begun[]) {
  for (const one of what) localStorage.removeItem(noted(one));
}

let last: Promise<unknown> = Promise.resolve();

// inTurn keeps what is asked in the order in which it was meant. A log-out that the server has not heard of comes before all of it: it ends what there was, and
// takes along nothing that was begun since.
export function inTurn<T>(act: () => Promise<T>): Promise<T> {
  const turn = async () => {
    if (isLeaving()) await end();
    return act();
  };
  if (navigator.locks) return navigator.locks.request('keeper.cookies', turn);
  const next = last.then(turn);
  last = next.catch(() => undefined);
  return next;
}

export const isLeaving = () => localStorage.getItem(LEAVING) !== null;

// leave ends the session at the server; where that does not answer it is still to be done.
export function leave() {
  localStorage.setItem(LEAVING, 'yes');
  return finishLeaving();
}

export const finishLeaving = () => inTurn(async () => undefined);

async function end() {
  const answer = await request('/web/session', { method: 'DELETE' });
  if (!answer.ok) throw new Error(`session: ${answer.status}`);
  localStorage.removeItem(LEAVING);
  forgetNotes('registration', 'lost-phone'); // what was begun is nobody else's: the server has forgotten it too
}
