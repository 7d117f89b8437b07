import { useMemo, useRef, useState } from 'react';
import type { CombinedError } from 'urql';

type Rows<Node> = { nodes: Node[]; pageInfo: { hasNextPage: boolean; endCursor?: string | null } };
type Answer<Node> = { rows?: Rows<Node> | null; error?: CombinedError };
type Behind<Node> = { list?: object; nodes: Node[]; info?: Rows<Node>['pageInfo']; busy: boolean; error?: CombinedError };

// useMore holds what is loaded behind the first page of a list. `of` says which list it is: an answer that comes when another one is shown, or when the first page
// is new, is nobody's. One page is loaded at a time, and none while `paused`, which is while the first one is being asked for.
export function useMore<Node>(first: Rows<Node> | undefined, of: string, paused: boolean, load: (after: string | null | undefined) => Promise<Answer<Node>>) {
  const list = useMemo(() => ({}), [first, of]);
  const shown = useRef(list);
  shown.current = list;
  const loading = useRef<object>(undefined);
  const [behind, setBehind] = useState<Behind<Node>>({ nodes: [], busy: false });
  const now: Behind<Node> = behind.list === list ? behind : { list, nodes: [], info: first?.pageInfo, busy: false };

  async function more() {
    if (paused || loading.current === list || !now.info?.hasNextPage) return;
    loading.current = list;
    setBehind({ ...now, busy: true, error: undefined });
    const { rows, error } = await load(now.info.endCursor);
    if (loading.current === list) loading.current = undefined;
    if (shown.current !== list) return;
    setBehind({ list, nodes: rows ? [...now.nodes, ...rows.nodes] : now.nodes, info: rows?.pageInfo ?? now.info, busy: false, error: rows ? undefined : error });
  }
  return { nodes: now.nodes, hasMore: now.info?.hasNextPage ?? false, busy: now.busy || paused, error: now.error, more: () => void more() };
}
