import { useEffect, useMemo, useRef, useState } from 'react';
import { useLocation } from 'react-router';
import type { CombinedError } from 'urql';
import { onSession, sessionState } from '../api/session';

type Rows<Node> = { nodes: Node[]; pageInfo: { hasNextPage: boolean; endCursor?: string | null } };
type Answer<Node> = { rows?: Rows<Node> | null; error?: CombinedError };
type Behind<Node> = { list?: object; of?: string; nodes: Node[]; pages: number; info?: Rows<Node>['pageInfo']; busy: boolean; error?: CombinedError };

const MOST_LEFT = 10; // lists; the oldest go first

const left = new Map<string, Behind<unknown>>(); // as lists were left, by their place in the browser's history

onSession(() => {
  if (sessionState() === 'out') left.clear();
});

// useMore holds what is loaded behind the first page of a list. `of` says which list it is: an answer that comes when another one is shown, or when the first page
// is new, is nobody's. One page is loaded at a time, and none while `paused`, which is while the first one is being asked for.
//
// With `idOf` as many pages are loaded again, and shown until then as they were, when the first one is new, and for whoever comes back to the list.
export function useMore<Node>(first: Rows<Node> | undefined, of: string, paused: boolean, load: (after: string | null | undefined) => Promise<Answer<Node>>, idOf?: (node: Node) => string) {
  const { key } = useLocation();
  const list = useMemo(() => ({}), [first, of]);
  const shown = useRef(list);
  shown.current = list;
  const loading = useRef<object>(undefined);
  const [behind, setBehind] = useState<Behind<Node>>(() => (idOf && (left.get(key) as Behind<Node> | undefined)) ?? { nodes: [], pages: 0, busy: false });
  const now: Behind<Node> = behind.list === list ? behind : { list, of, nodes: [], pages: 0, info: first?.pageInfo, busy: false };
  const again = idOf && behind.list !== list && behind.of === of && first?.pageInfo.hasNextPage ? behind.pages : 0; // pages that there were

  // extend loads pages behind those that there are.
  async function extend(pages: number) {
    if (paused || loading.current === list || !now.info?.hasNextPage) return;
    loading.current = list;
    let next: Behind<Node> = { ...now, error: undefined };
    if (pages === 1) setBehind({ ...next, busy: true });
    for (let i = 0; i < pages && next.info?.hasNextPage && !next.error; i++) {
      const { rows, error } = await load(next.info.endCursor);
      next = { ...next, nodes: rows ? [...next.nodes, ...rows.nodes] : next.nodes, pages: next.pages + (rows ? 1 : 0), info: rows?.pageInfo ?? next.info, busy: false, error: rows ? undefined : error };
    }
    if (loading.current === list) loading.current = undefined;
    if (shown.current === list) setBehind(next);
  }
  useEffect(() => {
    if (again > 0) void extend(again);
  }, [list, again, paused]);
  useEffect(() => {
    if (!idOf || behind.pages === 0) return;
    left.delete(key);
    left.set(key, behind);
    if (left.size > MOST_LEFT) left.delete(left.keys().next().value!);
  }, [key, behind]);

  const known = new Set(again > 0 ? first!.nodes.map(idOf!) : []);
  const nodes = again > 0 ? behind.nodes.filter((node) => !known.has(idOf!(node))) : now.nodes;
  return { nodes, hasMore: now.info?.hasNextPage ?? false, busy: now.busy || paused || again > 0, error: now.error, more: () => void extend(1) };
}
