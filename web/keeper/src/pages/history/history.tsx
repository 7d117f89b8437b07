import { Anchor, Button, Stack, Text } from '@mantine/core';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useClient } from 'urql';
import '../../text/account';
import { HistoryDocument, type TransferLineFragment } from '../../gql/graphql';
import { day } from '../../text/text';
import { Problems } from '../../ui/act';
import { useLiveQuery } from '../../ui/live-query';
import { useMore } from '../../ui/more';
import { Empty, Page, TransferRow, Waiting } from '../../ui/parts';
import { Filters, useFilters } from './filters';
import { Turnover } from './turnover';

export default function History({ me }: { me: string }) {
  const { t } = useTranslation();
  const client = useClient();
  const { filter, ...filters } = useFilters(me);
  const [{ data, error, fetching, stale }, again] = useLiveQuery(HistoryDocument, { filter });
  const first = data?.viewer?.transfers;
  const older = useMore(first, JSON.stringify(filter), fetching || stale, async (after) => {
    const next = await client.query(HistoryDocument, { filter, after }, { requestPolicy: 'network-only' });
    return { rows: next.data?.viewer?.transfers, error: next.error };
  }, ({ id }) => id);
  const isLookedThrough = useRef(false); // where there is nothing yet, nothing is looked for
  isLookedThrough.current ||= !!filter || !!first?.nodes.length;
  const days = new Map<string, TransferLineFragment[]>();
  for (const x of [...(first?.nodes ?? []), ...older.nodes]) days.set(day(x.createdAt), [...(days.get(day(x.createdAt)) ?? []), x]);
  return (
    <Page title={t('history')}>
      <Turnover />
      {(isLookedThrough.current || !data) && <Filters {...filters} />}
      <Problems error={error} retry={again} />
      {!data && fetching && <Waiting rows={6} />}
      {data && days.size === 0 && (filter ? <Empty title={t('filterNothing')} /> : <Empty title={t('noTransfers')} hint={t('noTransfersHint')} action={<Button component={Link} to="/receive">{t('receive')}</Button>} />)}
      <Stack>
        {[...days].map(([name, transfers]) => (
          <section key={name} className="panel" aria-label={name}>
            <Text size="sm" fw={600} c="dimmed" mb={4}>{name}</Text>
            {transfers.map((x) => <TransferRow key={x.id} transfer={x} />)}
          </section>
        ))}
      </Stack>
      <Problems error={older.error} />
      {older.hasMore && <Button variant="default" loading={older.busy} onClick={older.more}>{t('loadMore')}</Button>}
      <Anchor component={Link} to="/settings/refused" underline="always" className="back">{t('refusedTitle')}</Anchor>
    </Page>
  );
}
