import { useEffect, useSyncExternalStore } from 'react';

let shown: string[] | undefined;
const listeners = new Set<() => void>();

// showBackupCodes shows them until they are said to be kept, wherever in the app one goes meanwhile: they come this once.
export function showBackupCodes(codes?: string[]) {
  shown = codes;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

// useBackupCodes is what is to be kept by whoever is in; it goes with them.
export function useBackupCodes() {
  useEffect(() => () => showBackupCodes(), []);
  return useSyncExternalStore(subscribe, () => shown);
}
