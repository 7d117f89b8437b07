import { useSyncExternalStore } from 'react';
import { onSession, whoIsIn } from '../api/session';

let shown: { of: string; codes: string[] } | undefined;
const listeners = new Set<() => void>();

// showBackupCodes shows them until they are said to be kept, wherever in the app one goes meanwhile: they come this once. `of` is whose they are:
// nobody else sees them.
export function showBackupCodes(codes?: string[], of = whoIsIn()) {
  shown = codes && of === whoIsIn() ? { of, codes } : undefined;
  for (const listener of listeners) listener();
}

onSession(() => {
  if (shown && shown.of !== whoIsIn()) showBackupCodes();
});

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

// useBackupCodes is what is to be kept by whoever is in.
export const useBackupCodes = () => useSyncExternalStore(subscribe, () => shown?.codes);
