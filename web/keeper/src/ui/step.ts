import { useEffect, useRef } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { useGoHere } from './go-here';

// useStep makes a step of a screen one of the browser's history: going back from it ends the step, and does not leave the screen. `back` goes back; `leave` does so too
// when the step has done its work, without ending it, so that it leaves no trace in the history: it is over when the address of before is there.
export function useStep(isOn: boolean, end: () => void) {
  const { pathname, search, hash, state } = useLocation();
  const go = useNavigate();
  const goHere = useGoHere();
  const at = (state as { step?: string } | null)?.step;
  const mine = useRef<string>(undefined);
  const arrived = useRef(false);
  useEffect(() => {
    mine.current = isOn ? crypto.randomUUID() : undefined;
    arrived.current = false;
    if (isOn) goHere({ pathname, search, hash }, { state: { ...(state as object | null), step: mine.current } });
  }, [isOn]);
  useEffect(() => {
    if (at === mine.current) arrived.current = true;
    else if (mine.current && arrived.current) end();
  }, [at]);

  function leave() {
    const isThere = mine.current !== undefined && arrived.current && at === mine.current;
    mine.current = undefined;
    if (!isThere) return Promise.resolve();
    return new Promise<void>((done) => {
      window.addEventListener('popstate', () => done(), { once: true });
      void go(-1);
    });
  }
  return { back: () => void go(-1), leave };
}
