import { useEffect, useState } from 'react';

// useToggle shows at once what a person has chosen, and takes it back when the server refuses it.
export function useToggle(actual: boolean, change: (on: boolean) => Promise<boolean>) {
  const [wanted, setWanted] = useState<boolean>();
  useEffect(() => setWanted(undefined), [actual]);
  const set = async (on: boolean) => {
    setWanted(on);
    if (!(await change(on))) setWanted(undefined);
  };
  return [wanted ?? actual, set] as const;
}
