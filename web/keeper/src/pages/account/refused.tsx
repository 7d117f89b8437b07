import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useClient } from 'urql';
import { grouped } from '../../api/numbers';
import { type ErrorCode, RefusedDocument, type RefusedQuery } from '../../gql/graphql';
import { money, time } from '../../text/text';
import { Problems } from '../../ui/act';
import { SubPage } from '../../ui/form';
import { useLiveQuery } from '../../ui/live-query';
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
  const [{ data, error }, again] = useLiveQuery(RefusedDocument, {});
  const [older, setOlder] = useState<{ after: Attempts; nodes: Attempts['nodes']; page: Attempts['pageInfo'] }>();
  const first = data?.viewer?.refusedTransfers;
  if (!first) return <SubPage title={t('refusedTitle')}>{error ? <Problems error={error} retry={again} /> : <Waiting />}</SubPage>;
  const more = older?.after === first ? older : { after: first, nodes: [], page: first.pageInfo }; // a new first page begins anew
  const attempts = [...first.nodes, ...more.nodes];

  async function loadMore(page: Attempts['pageInfo'], shown: Attempts) {
    const next = (await client.query(RefusedDocument, { after: page.endCursor })).data?.viewer?.refusedTransfers;
    if (next) setOlder({ after: shown, nodes: [...more.nodes, ...next.nodes], page: next.pageInfo });
  }
  return (
    <SubPage title={t('refusedTitle')}>
      <Text c="dimmed">{t('refusedHint')}</Text>
      {attempts.length === 0 ? <Empty title={t('refusedNone')} hint={t('refusedNoneHint')} /> : (
        <section className="panel" aria-label={t('refusedTitle')}>{attempts.map((a) => <Attempt key={a.refusedAt + a.to + a.amount.amount} attempt={a} />)}</section>
      )}
      {more.page.hasNextPage && <Button variant="default" onClick={() => void loadMore(more.page, first)}>{t('loadMore')}</Button>}
    </SubPage>
  );
}

function Attempt({ attempt }: { attempt: Attempts['nodes'][number] }) {
  const { t } = useTranslation();
  const [key, to] = ways[attempt.code] ?? ['send', '/send'];
  return (
    <div className="row" data-testid="refused">
      <Group justify="space-between" align="start" wrap="nowrap" className="line">
        <Stack gap={2} className="line-name">
          <Text fw={600} style={{ overflowWrap: 'anywhere' }}>{t('refusedTo', { to: grouped(attempt.to) })}</Text>
          <Text size="sm" c="dimmed">{time(attempt.refusedAt)} · {t('refusedFrom', { from: grouped(attempt.from) })}</Text>
        </Stack>
        <Text fw={600} className="money line-sum">{money(attempt.amount)}</Text>
      </Group>
      <Text mt={4}>{attempt.explanation}</Text>
      <Anchor component={Link} to={to} underline="always" className="back">{t(`way_${key}`)}</Anchor>
    </div>
  );
}
