import { useEffect, useRef } from 'react';
import { type AnyVariables, type DocumentInput, useQuery } from 'urql';
import { useLive } from '../api/live';

// useNews asks again with each piece of news, once what is under way is answered: that may have been read before, and is not asked for twice at a time.
export function useNews({ fetching, stale }: { fetching: boolean; stale: boolean }, again: () => void) {
  const { version } = useLive();
  const known = useRef(version);
  useEffect(() => {
    if (fetching || stale || known.current === version) return;
    known.current = version;
    again();
  }, [version, fetching, stale]);
}

// useLiveQuery is a query that is asked again with each piece of news; what is shown meanwhile stays.
export function useLiveQuery<D, V extends AnyVariables>(query: DocumentInput<D, V>, variables: V) {
  const [result, execute] = useQuery<D, V>({ query, variables, requestPolicy: 'cache-and-network' } as never);
  const again = () => execute({ requestPolicy: 'network-only' });
  useNews(result, again);
  return [result, again] as const;
}
