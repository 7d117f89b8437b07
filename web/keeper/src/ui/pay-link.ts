import { useLocation } from 'react-router';

// usePayLink is what a payment link has brought, for the next address: whoever logs in, registers or recovers access on the way comes to the payment in the end.
export function usePayLink() {
  const { hash, search } = useLocation();
  const pay = new URLSearchParams(hash.slice(1)).get('pay') ?? new URLSearchParams(search).get('pay');
  return pay ? `#pay=${encodeURIComponent(pay)}` : '';
}
