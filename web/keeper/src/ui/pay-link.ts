import { useLocation } from 'react-router';

// usePay is the link of a payment that one has followed here; empty for none.
export function usePay() {
  const { hash, search } = useLocation();
  return new URLSearchParams(hash.slice(1)).get('pay') ?? new URLSearchParams(search).get('pay') ?? '';
}

// usePayLink is what a payment link has brought, for the next address: whoever logs in, registers or recovers access on the way comes to the payment in the end.
export function usePayLink() {
  const pay = usePay();
  return pay ? `#pay=${encodeURIComponent(pay)}` : '';
}
