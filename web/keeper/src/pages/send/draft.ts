import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'react-router';
import { onGone, personOf, sessionState } from '../../api/session';
import type { Protected } from './protect';

type Typed = { from: string | null; to: string; amount: string; memo: string; byRecipient: boolean; protection?: Protected; link: string }; // with the payment link that has been filled in
type Kept = { me: string; address: string; key?: string; typed: Typed };

const PLACE = 'keeper.draft';

let ended: Kept | undefined; // when the session ended: in memory, and nowhere else

const drop = () => sessionStorage.removeItem(PLACE);

onGone(drop);

// useDraft is what was typed, for the same person who comes back to it in this tab: by the browser's history or a reload, or by logging in again after the session ended
// under it. The returned function is told, with each drawing, what is typed by now; nothing where it is not to come back.
export function useDraft(me: string) {
  const { pathname, search, hash, key } = useLocation();
  const here = { address: pathname + search + hash, key };
  const [draft] = useState(() => {
    const kept = ended ?? (JSON.parse(sessionStorage.getItem(PLACE) ?? 'null') as Kept | null);
    return kept?.me === me && kept.address === here.address && (!kept.key || kept.key === key) ? kept.typed : undefined;
  });
  const now = useRef<{ typed?: Typed } & typeof here>(here);
  useEffect(() => {
    ended = undefined;
    drop();
    const mine = personOf();
    function keep() {
      const { typed, address, key: at } = now.current;
      if (!typed || personOf() !== mine) return drop();
      if (sessionState() === 'out') ended = { me, address, typed };
      else sessionStorage.setItem(PLACE, JSON.stringify({ me, address, key: at, typed } satisfies Kept));
    }
    window.addEventListener('pagehide', keep);
    window.addEventListener('pageshow', drop); // the page has not ended after all
    return () => {
      window.removeEventListener('pagehide', keep);
      window.removeEventListener('pageshow', drop);
      keep();
    };
  }, [me]);
  return [draft, (typed?: Typed) => void (now.current = { ...here, typed })] as const;
}
