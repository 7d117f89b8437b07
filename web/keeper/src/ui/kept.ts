import { useState } from 'react';

// useKept is state that outlives a reload of this tab, and ends with it.
export function useKept<T>(key: string) {
  const [value, setValue] = useState<T | undefined>(() => {
    const kept = sessionStorage.getItem(key);
    return kept ? (JSON.parse(kept) as T) : undefined;
  });
  function set(next: T | undefined) {
    if (next === undefined) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(next));
    setValue(next);
  }
  return [value, set] as const;
}
