import { useEffect, useRef } from 'react';
import { useQuery } from 'urql';
import { PayRequestDocument, type PayRequestQuery } from '../../gql/graphql';
import { usePay } from '../../ui/pay-link';

type Asked = NonNullable<PayRequestQuery['paymentRequest']['request']>;

// usePayRequest is what a payment link asks for. It is filled in once: what has been changed since is not undone when it is asked for again. A link that asks for nothing takes
// along what another one had filled in. `before` was filled in already.
export function usePayRequest(fill: (request?: Asked) => void, before = '') {
  const pay = usePay();
  const [link, ask] = useQuery({ query: PayRequestDocument, variables: { link: pay }, pause: !pay });
  const known = link.operation?.variables.link === pay ? link.data?.paymentRequest : undefined;
  const request = known?.request;
  const isBad = !!pay && !!known?.userErrors.length;
  const filled = useRef(before);
  useEffect(() => {
    if (isBad && filled.current) fill();
    if (isBad) filled.current = '';
    if (!request || filled.current === pay) return;
    filled.current = pay;
    fill(request);
  }, [request, isBad, pay]);
  return { filled, request: pay ? request : undefined, isBad, isAwaited: !!pay && link.fetching && !known, error: link.error, again: () => ask({ requestPolicy: 'network-only' }) };
}
