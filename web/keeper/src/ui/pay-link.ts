import { useLocation } from 'react-router';
import { useQuery } from 'urql';
import { PayRequestDocument } from '../gql/graphql';

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

// usePayRequest is what the payment link in the address asks for; the answer to another link is none.
export function usePayRequest() {
  const pay = usePay();
  const [{ data, error, fetching, operation }, ask] = useQuery({ query: PayRequestDocument, variables: { link: pay }, pause: !pay });
  const known = pay && operation?.variables.link === pay ? data?.paymentRequest : undefined;
  return { pay, request: known?.request, isBad: !!known?.userErrors.length, isAwaited: !!pay && fetching && !known, error, again: () => ask({ requestPolicy: 'network-only' }) };
}
