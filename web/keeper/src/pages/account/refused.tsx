import { Anchor, Button, Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useClient } from 'urql';
import { grouped } from '../../api/numbers';
import { type ErrorCode, RefusedDocument, type RefusedQuery } from '../../gql/graphql';
import { money, time } from '../../text/text';
import { Problems } from '../../ui/act';
import { SubPage } from '../../ui/form';
import { useLiveQuery } from '../../ui/live-query';
import { useMore } from '../../ui/more';
import { Empty, Waiting } from '../../ui/parts';

type Attempts = NonNullable<RefusedQuery['viewer']>['refusedTransfers'];

// Where a person goes from a refusal.
const ways: Partial<Record<ErrorCode, [key: string, to: string]>> = {
  INSUFFICIENT_FUNDS: ['receive', '/receive'], LIMIT_EXCEEDED: ['limits', '/settings/limits'], CERTIFICATE_REQUIRED: ['certificate', '/settings/certificate'],
  AGREEMENTS_NOT_ACCEPTED: ['agreements', '/settings/agreements'], ACCOUNT_FROZEN: ['security', '/security'], TRANSFERS_HELD: ['security', '/security'],
  WALLET_CLOSED: ['wallets', '/wallets'], CURRENCY_MISMATCH: ['wallets', '/wallets'],
};

export default function RefusedPage() {
  const { t } = useTranslation();
  const client = useClient();
  const [{ data, error, fetching, stale }, again] = useLiveQuery(RefusedDocument, {});
  const first = data?.viewer?.refusedTransfers;
  const older = useMore(first, '', fetching || stale, async (after) => {
    const next = await client.query(RefusedDocument, { after }, { requestPolicy: 'network-only' });
    return { rows: next.data?.viewer?.refusedTransfers, error: next.error };
  });
  if (!first) return <SubPage title={t('refusedTitle')}>{error ? <Problems error={error} retry={again} /> : <Waiting />}</SubPage>;
  const attempts = [...first.nodes, ...older.nodes];
  return (
    <SubPage title={t('refusedTitle')}>
      <Text c="dimmed">{t('refusedHint')}</Text>
      {attempts.length === 0 ? <Empty title={t('refusedNone')} hint={t('refusedNoneHint')} /> : (
        <section className="panel" aria-label={t('refusedTitle')}>{attempts.map((a) => <Attempt key={a.refusedAt + a.to + a.amount.amount} attempt={a} />)}</section>
      )}
      <Problems error={older.error} />
      {older.hasMore && <Button variant="default" loading={older.busy} onClick={older.more}>{t('loadMore')}</Button>}
    </SubPage>
  );
}

function Attempt({ attempt }: { attempt: Attempts['nodes'][number] }) {
  const { t } = useTranslation();
  const [key, to] = ways[attempt.code] ?? ['send', `/send?from=${attempt.from}&to=${encodeURIComponent(attempt.to)}`];
  const recipient = grouped(attempt.to); // a number stays in one piece
  return (
    <div className="row" data-testid="refused">
      <Group justify="space-between" align="start" wrap="nowrap" className="line">
        <Text fw={600} className="line-name" style={recipient === attempt.to ? { overflowWrap: 'anywhere' } : { whiteSpace: 'nowrap', flexBasis: 'auto' }}>{t('refusedTo', { to: recipient })}</Text>
        <Text fw={600} className="money line-sum">{money(attempt.amount)}</Text>
      </Group>
      <Text size="sm" c="dimmed" mt={2}>{time(attempt.refusedAt)} · {t('refusedFrom', { from: grouped(attempt.from) })}</Text>
      <Text mt={4}>{attempt.explanation}</Text>
      <Anchor component={Link} to={to} underline="always" className="back">{t(`way_${key}`)}</Anchor>
    </div>
  );
}
