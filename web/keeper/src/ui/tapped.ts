import { useEffect, useRef } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { onSession, sessionState } from '../api/session';
import { usePay } from './pay-link';

// useTapped goes where a notification that was tapped leads: the service worker says so, and is told that somebody is here. Who is not in yet goes there once they
// are: until then they may be in the middle of logging in. Who registers, or pays by a link, stays at that.
export function useTapped() {
  const go = useNavigate();
  const { pathname } = useLocation();
  const registers = useRef(false);
  registers.current = pathname === '/register';
  const isBusy = !!usePay() || registers.current;
  const busy = useRef(isBusy);
  busy.current = isBusy;
  const held = useRef<string>(undefined);
  useEffect(() => {
    if (isBusy) held.current = undefined;
  }, [isBusy]);
  useEffect(() => {
    const tapped = ({ data, ports }: MessageEvent<{ path?: string }>) => {
      if (!data?.path?.startsWith('/')) return;
      ports[0]?.postMessage('here');
      if (sessionState() !== 'out') return registers.current ? undefined : void go(data.path);
      if (!busy.current) held.current = data.path;
    };
    const entered = onSession(() => {
      if (sessionState() !== 'in' || !held.current) return;
      void go(held.current);
      held.current = undefined;
    });
    navigator.serviceWorker?.addEventListener('message', tapped);
    return () => {
      entered();
      navigator.serviceWorker?.removeEventListener('message', tapped);
    };
  }, []);
}
