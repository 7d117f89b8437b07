import { useEffect, useRef } from 'react';

// useAlive tells whether what asked for something is still on the screen, for an answer that came late.
export function useAlive() {
  const alive = useRef(true);
  useEffect(() => {
    alive.current = true;
    return () => void (alive.current = false);
  }, []);
  return () => alive.current;
}
