import { type NavigateOptions, type To, useLocation, useNavigate } from 'react-router';

// useGoHere changes what the browser's history says of a page, by itself: not when whoever looks at it is on the way to another one already. The address is that one's
// at once, the page stays until it is loaded, and what came late would lead back from there.
export function useGoHere() {
  const { pathname } = useLocation();
  const go = useNavigate();
  return (to: To | number, options?: NavigateOptions) => {
    if (window.location.pathname !== pathname) return;
    void (typeof to === 'number' ? go(to) : go(to, options));
  };
}
