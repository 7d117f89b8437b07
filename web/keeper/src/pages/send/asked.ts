import { useEffect, useRef } from 'react';
import type { PayRequestQuery } from '../../gql/graphql';
import { usePayRequest } from '../../ui/pay-link';

type Asked = NonNullable<PayRequestQuery['paymentRequest']['request']>;

// useAsked fills in what a payment link asks for, once: what has been changed since is not undone when it is asked for again. A link that asks for nothing takes along what
// another one had filled in. `before` was filled in already.
export function useAsked(fill: (request?: Asked) => void, before = '') {
  const link = usePayRequest();
  const { pay, request, isBad } = link;
  const filled = useRef(before);
  useEffect(() => {
    if (isBad && filled.current) fill();
    if (isBad) filled.current = '';
    if (!request || filled.current === pay) return;
    filled.current = pay;
    fill(request);
  }, [request, isBad, pay]);
  function refill() {
    if (request) return fill(request);
    filled.current = '';
    link.again();
  }
  return { ...link, filled, refill };
}
