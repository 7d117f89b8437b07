import { useEffect, useRef } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { useGoHere } from './go-here';

// useStep makes a step of a screen one of the browser's history: going back from it ends the step, and does not leave the screen. `back` goes back; `leave` does so too
// when the step has done its work, without ending it, so that it leaves no trace in the history: it is over when the address of before is there. Neither goes anywhere
// from another screen.
export function useStep(isOn: boolean, end: () => void) {
  const { pathname, search, hash, state } = useLocation();
  const go = useNavigate();
  const goHere = useGoHere();
  const at = (state as { step?: string } | null)?.step;
  const mine = useRef<string>(undefined);
  const arrived = useRef(false);
  const isGoing = useRef(false); // back, once however often it is pressed
  useEffect(() => {
    mine.current = isOn ? crypto.randomUUID() : undefined;
    arrived.current = isGoing.current = false;
    if (isOn) goHere({ pathname, search, hash }, { state: { ...(state as object | null), step: mine.current }, replace: !!at }); // a step of before a reload leads nowhere any more
  }, [isOn]);
  useEffect(() => {
    isGoing.current = false;
    if (at === mine.current) arrived.current = true;
    else if (mine.current && arrived.current) end();
  }, [at]);
  const isThere = () => mine.current !== undefined && (window.history.state as { usr?: { step?: string } } | null)?.usr?.step === mine.current;

  function back() {
    if (!isThere()) return end();
    if (isGoing.current) return;
    isGoing.current = true;
    void go(-1);
  }
  function leave() {
    const hasTrace = isThere();
    const isOnTheWay = isGoing.current;
    mine.current = undefined;
    if (!hasTrace) return Promise.resolve();
    return new Promise<void>((done) => {
      window.addEventListener('popstate', () => done(), { once: true });
      if (!isOnTheWay) void go(-1);
    });
  }
  useEffect(() => () => void leave(), []); // what goes without having done its work leaves none either
  return { back, leave };
}
