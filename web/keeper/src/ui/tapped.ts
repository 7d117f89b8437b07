import { useEffect } from 'react';
import { useNavigate } from 'react-router';

// useTapped goes where a notification that was tapped leads: the service worker says so, and is told that somebody is here. Who is not in yet logs in on the way.
export function useTapped() {
  const go = useNavigate();
  useEffect(() => {
    const tapped = ({ data, ports }: MessageEvent<{ path?: string }>) => {
      if (!data?.path?.startsWith('/')) return;
      ports[0]?.postMessage('here');
      void go(data.path);
    };
    navigator.serviceWorker?.addEventListener('message', tapped);
    return () => navigator.serviceWorker?.removeEventListener('message', tapped);
  }, []);
}
