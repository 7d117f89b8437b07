import { Button, Collapse, Group, SegmentedControl, Select, Stack, TextInput } from '@mantine/core';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'react-router';
import { grouped } from '../../api/numbers';
import { onGone } from '../../api/session';
import { type TransferFilter, type TransferStatus, WalletsDocument } from '../../gql/graphql';
import { useGoHere } from '../../ui/go-here';
import { useLiveQuery } from '../../ui/live-query';
import { type Days, instants, isWrong, Period } from '../../ui/period';

const SEARCH_AFTER_MS = 400;
const statuses: TransferStatus[] = ['COMPLETED', 'PROTECTED', 'AWAITING_CONFIRMATION', 'RETURNED', 'CANCELLED', 'EXPIRED'];

type Typed = { direction: '' | 'INCOMING' | 'OUTGOING'; text: string; status: TransferStatus | null; wallet: string | null; days: Days };

type Kept = { by: string; filters: Typed };

const ALL: Typed = { direction: '', text: '', status: null, wallet: null, days: { from: '', until: '' } };

let left: Kept | undefined; // as the history was left, for whoever comes to it again by the menu

onGone(() => void (left = undefined));

// useFilters are what the history is looked through by. They stand in the state of the browser's history: who comes back from a transfer, or reloads, finds them
// as they were, and no address tells what was searched for. The menu leads to them as they were left.
export function useFilters(me: string) {
  const { key, state } = useLocation();
  const goHere = useGoHere();
  const here = state as Kept | null;
  const [typed, setTyped] = useState<Typed>(() => ({ ...ALL, ...[here, left].find((kept) => kept?.by === me)?.filters })); // what somebody else looked for is theirs
  const [text] = useDebouncedValue(typed.text.trim(), SEARCH_AFTER_MS);
  const { direction, status, wallet } = typed;
  const meant = useRef(typed.days); // what is typed wrongly changes nothing of what is shown
  if (!isWrong(typed.days)) meant.current = typed.days;
  const days = meant.current;
  const filter = useMemo<TransferFilter | null>(() => {
    const wanted = { ...(direction && { direction }), ...(status && { status: [status] }), ...(wallet && { walletNumber: wallet }), ...instants(days), ...(text && { text }) };
    return Object.keys(wanted).length > 0 ? wanted : null;
  }, [direction, status, wallet, days, text]);
  useEffect(() => void (left = { by: me, filters: typed }), [me, typed]);
  useEffect(() => {
    if (JSON.stringify(here?.by === me ? here.filters : ALL) === JSON.stringify(typed)) return;
    goHere('.', { replace: true, state: { by: me, filters: typed } satisfies Kept });
  }, [filter, key]);
  return { typed, filter, change: (part: Partial<Typed>) => setTyped((was) => ({ ...was, ...part })), clear: () => setTyped(ALL) };
}

// Filters shows what is used most, and the rest when it is asked for.
export function Filters({ typed, change, clear }: Pick<ReturnType<typeof useFilters>, 'typed' | 'change' | 'clear'>) {
  const { t } = useTranslation();
  const used = [typed.status, typed.wallet, ...(isWrong(typed.days) ? [] : [typed.days.from, typed.days.until])].filter(Boolean).length;
  const [isOpen, { toggle }] = useDisclosure(used > 0);
  const more = useRef<HTMLButtonElement>(null);
  const [{ data }] = useLiveQuery(WalletsDocument, {});
  const wallets = data?.viewer?.wallets ?? [];
  return (
    <Stack gap="sm">
      <Group align="end">
        <SegmentedControl fullWidth size="md" w={{ base: '100%', md: 'auto' }} value={typed.direction} onChange={(direction) => change({ direction: direction as Typed['direction'] })} aria-label={t('direction')}
          data={[{ value: '', label: t('anyDirection') }, { value: 'INCOMING', label: t('incoming') }, { value: 'OUTGOING', label: t('outgoing') }]} />
        <TextInput aria-label={t('search')} placeholder={t('search')} value={typed.text} onChange={(e) => change({ text: e.currentTarget.value })} maxLength={64} flex={1} miw={120} type="search" />
        <Button ref={more} variant="default" aria-expanded={isOpen} aria-controls="filters" onClick={toggle}>{used > 0 ? t('filtersUsed', { count: used }) : t('filters')}</Button>
      </Group>
      <Collapse expanded={isOpen} id="filters">
        <Stack className="panel" gap="sm">
          <Group grow align="end" preventGrowOverflow={false}>
            <Select label={t('status')} placeholder={t('all')} clearable clearButtonProps={{ 'aria-label': t('clear') }} value={typed.status} onChange={(status) => change({ status: status as TransferStatus | null })} data={statuses.map((s) => ({ value: s, label: t(`status_${s}`) }))} />
            <Select label={t('wallet')} placeholder={t('all')} clearable clearButtonProps={{ 'aria-label': t('clear') }} value={typed.wallet} onChange={(wallet) => change({ wallet })} data={wallets.map((w) => ({ value: w.number, label: `${w.name || w.currency.name} · ${grouped(w.number)}` }))} />
          </Group>
          <Period days={typed.days} onChange={(days) => change({ days })} />
        </Stack>
      </Collapse>
      {(used > 0 || typed.direction || typed.text || typed.days.from || typed.days.until) && <Button variant="subtle" onClick={() => { clear(); more.current?.focus(); }}>{t('clearFilters')}</Button>}
    </Stack>
  );
}
