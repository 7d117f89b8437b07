import { useEffect, useMemo, useRef, useState } from 'react';
import { useLocation } from 'react-router';
import type { CombinedError } from 'urql';
import { onGone } from '../api/session';

type Rows<Node> = { nodes: Node[]; pageInfo: { hasNextPage: boolean; endCursor?: string | null } };
type Answer<Node> = { rows?: Rows<Node> | null; error?: CombinedError };
type Behind<Node> = { list?: object; of?: string; nodes: Node[]; pages: number; info?: Rows<Node>['pageInfo']; busy: boolean; error?: CombinedError };

const MOST_LEFT = 10; // lists; the oldest go first
const MOST_PAGES = 10; // that are loaded again: each piece of news has them loaded

const left = new Map<string, Behind<unknown>>(); // as lists were left, by their place in the browser's history

onGone(() => left.clear());

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
  const again = idOf && behind.list !== list && behind.of === of && first?.pageInfo.hasNextPage ? Math.min(behind.pages, MOST_PAGES) : 0; // pages that there were

  // extend loads a page behind those that there are, when one is asked for, or as many again as there were: until these are there, what was there stays.
  async function extend() {
    if (paused || loading.current === list || !now.info?.hasNextPage) return;
    loading.current = list;
    let next: Behind<Node> = { ...now, error: undefined };
    setBehind(again > 0 ? { ...behind, error: undefined } : { ...next, busy: true });
    for (let i = 0; i < Math.max(1, again) && next.info?.hasNextPage && !next.error && shown.current === list; i++) {
      const { rows, error } = await load(next.info.endCursor);
      next = rows ? { ...next, nodes: [...next.nodes, ...rows.nodes], pages: next.pages + 1, info: rows.pageInfo, busy: false } : { ...next, busy: false, error };
    }
    if (loading.current === list) loading.current = undefined;
    if (shown.current === list) setBehind(again > 0 && next.error ? { ...behind, error: next.error } : next);
  }
  useEffect(() => {
    if (again > 0) void extend();
  }, [list, again, paused]);
  useEffect(() => {
    if (!idOf || behind.pages === 0) return;
    left.delete(key);
    left.set(key, behind);
    if (left.size > MOST_LEFT) left.delete(left.keys().next().value!);
  }, [key, behind]);

  const known = new Set(again > 0 ? first!.nodes.map(idOf!) : []);
  const nodes = again > 0 ? behind.nodes.filter((node) => !known.has(idOf!(node))) : now.nodes;
  const error = again > 0 ? behind.error : now.error;
  return { nodes, hasMore: now.info?.hasNextPage ?? false, busy: now.busy || paused || (again > 0 && !error), error, more: () => void extend() };
}
