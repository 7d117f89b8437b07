import { useEffect, useState } from 'react';
import { onSession } from '../../api/session';

type Typed = Record<string, string>;

// The browser's own Back leaves the registration, and one returns to it: until then what was typed is here, in memory alone, since the answer to the security
// question is among it. It belongs to one registration, and is shown with no other.
let left: { of: string; typed: Typed } | undefined;

onSession(() => (left = undefined)); // whoever is in, or out, has done with it

// useTypedProfile is what was typed about oneself in the registration of a token. Another number makes another registration, and takes it along.
export function useTypedProfile(token?: string) {
  const [typed, setTyped] = useState<Typed>();
  const shown = typed ?? (left && left.of === token ? left.typed : {});
  useEffect(() => {
    if (token && typed) left = { of: token, typed };
    else if (left && left.of === token) setTyped(left.typed);
  }, [token, typed]);
  function forget() {
    left = undefined;
    setTyped(undefined);
  }
  return { typed: shown, change: (part: Typed) => setTyped((was) => ({ ...(was ?? shown), ...part })), forget };
}
