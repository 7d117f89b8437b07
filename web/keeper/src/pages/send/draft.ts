import { useEffect, useRef, useState } from 'react';
import { sessionState } from '../../api/session';

type Typed = { from: string | null; to: string; amount: string; memo: string; byRecipient: boolean; link: string }; // with the payment link that has been filled in

let kept: { me: string; at: string; typed: Typed } | undefined; // in memory, and nowhere else

const here = () => location.pathname + location.search + location.hash;

// useDraft is what was typed when the session ended under it, for the same person who comes back to the same address in this tab. The returned function is told, with each
// drawing, what is typed by now; nothing where it is not to come back.
export function useDraft(me: string) {
  const [draft] = useState(() => (kept?.me === me && kept.at === here() ? kept.typed : undefined));
  const now = useRef<Typed>(undefined);
  useEffect(() => {
    kept = undefined;
    const at = here();
    return () => void (kept = sessionState() === 'out' && now.current ? { me, at, typed: now.current } : undefined);
  }, [me]);
  return [draft, (typed?: Typed) => void (now.current = typed)] as const;
}
