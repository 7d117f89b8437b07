import { Anchor, Button, Group, SegmentedControl, Select, Skeleton, Stack, Text, TextInput, Title, useComputedColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useClient } from 'urql';
import '../text/account';
import { HistoryDocument, TurnoverDocument, type TransferLineFragment, type TransferStatus, WalletsDocument } from '../gql/graphql';
import { day } from '../text/text';
import { Problems } from '../ui/act';
import { useLiveQuery } from '../ui/live-query';
import { useMore } from '../ui/more';
import { Empty, Page, TransferRow, Waiting } from '../ui/parts';

const statuses: TransferStatus[] = ['COMPLETED', 'PROTECTED', 'AWAITING_CONFIRMATION', 'RETURNED', 'CANCELLED', 'EXPIRED'];

const Months = lazy(() => import('../ui/months')); // with its library, which nothing else needs

const SHOWN_MONTHS = 6;

// monthsUntil are the first days of the last months, that of a date included.
function monthsUntil(date: string) {
  const [year, month] = date.split('-').map(Number);
  return Array.from({ length: SHOWN_MONTHS }, (_, i) => new Date(Date.UTC(year, month - SHOWN_MONTHS + i, 1)).toISOString().slice(0, 10));
}

// still is a month in which nothing moved, in the currency of one in which something did.
function still<M extends { month: string; incoming: { amount: string }; outgoing: { amount: string } }>(month: string, like: M) {
  const amount = like.incoming.amount.replace(/\d/g, '0').replace(/^0+(?=0\.|0$)/, '');
  return { ...like, month, incoming: { ...like.incoming, amount }, outgoing: { ...like.outgoing, amount } };
}

function Turnover() {
  const { t, i18n } = useTranslation();
  const theme = useComputedColorScheme();
  const [{ data: own }] = useLiveQuery(WalletsDocument, {});
  const letters = [...new Set(own?.viewer?.wallets.map((w) => w.currency.letter) ?? [])];
  const [chosen, setChosen] = useState<string | null>(null);
  const currency = chosen ?? letters[0] ?? 'Z';
  const [to] = useState(() => new Date().toISOString().slice(0, 10));
  const names = useMemo(() => monthsUntil(to), [to]);
  const [{ data }] = useLiveQuery(TurnoverDocument, { currency, from: names[0], to });
  const months = useMemo(() => {
    const moved = data?.viewer?.turnover ?? [];
    return moved.length === 0 ? [] : names.map((month) => moved.find((m) => m.month === month) ?? still(month, moved[0]));
  }, [names, data]);
  if (months.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="months">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4" id="months">{t('months')}</Title>
        {letters.length > 1 && <Select aria-label={t('currency')} data={letters} value={currency} onChange={setChosen} allowDeselect={false} w={90} />}
      </Group>
      <Suspense fallback={<Skeleton height={160} aria-busy="true" />}><Months months={months} title={t('months')} came={t('came')} went={t('went')} language={i18n.language} theme={theme} /></Suspense>
    </section>
  );
}

export default function History() {
  const { t } = useTranslation();
  const client = useClient();
  const [direction, setDirection] = useState('');
  const [status, setStatus] = useState<string | null>(null);
  const [text, setText] = useState('');
  const [searched] = useDebouncedValue(text.trim(), 400);
  const filter = useMemo(() => {
    const wanted = { ...(direction && { direction: direction as 'INCOMING' | 'OUTGOING' }), ...(status && { status: [status as TransferStatus] }), ...(searched && { text: searched }) };
    return Object.keys(wanted).length > 0 ? wanted : null;
  }, [direction, status, searched]);
  const [{ data, error, fetching, stale }, again] = useLiveQuery(HistoryDocument, { filter });
  const first = data?.viewer?.transfers;
  const older = useMore(first, JSON.stringify(filter), fetching || stale, async (after) => {
    const next = await client.query(HistoryDocument, { filter, after }, { requestPolicy: 'network-only' });
    return { rows: next.data?.viewer?.transfers, error: next.error };
  });
  const days = new Map<string, TransferLineFragment[]>();
  for (const x of [...(first?.nodes ?? []), ...older.nodes]) days.set(day(x.createdAt), [...(days.get(day(x.createdAt)) ?? []), x]);
  return (
    <Page title={t('history')}>
      <Turnover />
      <Group align="end">
        <SegmentedControl fullWidth w={{ base: "100%", xs: "auto" }} value={direction} onChange={setDirection} aria-label={t('history')} data={[{ value: '', label: t('anyDirection') }, { value: 'INCOMING', label: t('incoming') }, { value: 'OUTGOING', label: t('outgoing') }]} />
        <TextInput aria-label={t('search')} placeholder={t('search')} value={text} onChange={(e) => setText(e.currentTarget.value)} maxLength={100} flex={1} miw={180} type="search" />
        <Select aria-label={t('all')} placeholder={t('all')} clearable value={status} onChange={setStatus} data={statuses.map((s) => ({ value: s, label: t(`status_${s}`) }))} w={{ base: '100%', xs: 220 }} />
      </Group>
      <Problems error={error} retry={again} />
      {!data && fetching && <Waiting rows={6} />}
      {data && days.size === 0 && (filter ? <Empty title={t('filterNothing')} /> : <Empty title={t('noTransfers')} hint={t('noTransfersHint')} />)}
      <Stack>
        {[...days].map(([name, transfers]) => (
          <section key={name} className="panel" aria-label={name}>
            <Text size="sm" fw={600} c="dimmed" mb={4}>{name}</Text>
            {transfers.map((x) => <TransferRow key={x.id} transfer={x} />)}
          </section>
        ))}
      </Stack>
      <Anchor component={Link} to="/settings/refused" underline="always" className="back">{t('refusedTitle')}</Anchor>
      <Problems error={older.error} />
      {older.hasMore && <Button variant="default" loading={older.busy} onClick={older.more}>{t('loadMore')}</Button>}
    </Page>
  );
}
