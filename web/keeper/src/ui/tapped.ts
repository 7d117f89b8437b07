import { useEffect, useRef } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { onSession, sessionState } from '../api/session';

// useTapped goes where a notification that was tapped leads: the service worker says so, and is told that somebody is here. Who is not in yet goes there once they
// are: until then they may be in the middle of logging in. Who is registering stays.
export function useTapped() {
  const go = useNavigate();
  const { pathname } = useLocation();
  const here = useRef(pathname);
  here.current = pathname;
  useEffect(() => {
    let held: string | undefined;
    const tapped = ({ data, ports }: MessageEvent<{ path?: string }>) => {
      if (!data?.path?.startsWith('/')) return;
      ports[0]?.postMessage('here');
      if (here.current === '/register') return;
      if (sessionState() === 'out') held = data.path;
      else void go(data.path);
    };
    const entered = onSession(() => {
      if (sessionState() !== 'in' || !held) return;
      void go(held);
      held = undefined;
    });
    navigator.serviceWorker?.addEventListener('message', tapped);
    return () => {
      entered();
      navigator.serviceWorker?.removeEventListener('message', tapped);
    };
  }, []);
}
