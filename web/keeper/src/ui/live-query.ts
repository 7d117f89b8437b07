import { useEffect } from 'react';
import { type AnyVariables, type DocumentInput, useQuery } from 'urql';
import { useLive } from '../api/live';

// useLiveQuery is a query that is asked again with each piece of news; what is shown meanwhile stays.
export function useLiveQuery<D, V extends AnyVariables>(query: DocumentInput<D, V>, variables: V) {
  const { version } = useLive();
  const [result, execute] = useQuery<D, V>({ query, variables, requestPolicy: 'cache-and-network' } as never);
  useEffect(() => {
    if (version > 0) execute({ requestPolicy: 'network-only' });
  }, [version, execute]);
  return [result, () => execute({ requestPolicy: 'network-only' })] as const;
}
