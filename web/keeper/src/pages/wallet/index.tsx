import { Button, Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { useClient } from 'urql';
import { WalletPageDocument, type WalletPartsFragment } from '../../gql/graphql';
import { money } from '../../text/text';
import { Problems } from '../../ui/act';
import { Back } from '../../ui/back';
import { useLiveQuery } from '../../ui/live-query';
import { useMore } from '../../ui/more';
import { Copyable, Empty, fitted, Page, Waiting } from '../../ui/parts';
import { Acts } from './acts';
import { Documents, EntryRow } from './statement';

export default function WalletPage() {
  const { t } = useTranslation();
  const number = useParams().number!;
  const client = useClient();
  const [{ data, error, fetching, stale }, again] = useLiveQuery(WalletPageDocument, { number });
  const wallet = data?.viewer?.wallet;

  const older = useMore(wallet?.entries, number, fetching || stale, async (after) => {
    const next = await client.query(WalletPageDocument, { number, after }, { requestPolicy: 'network-only' });
    return { rows: next.data?.viewer?.wallet?.entries, error: next.error };
  }, ({ id }) => id);
  if (data && !wallet) return <Page title={t('wallet')}><Empty title={t('notFound')} hint={t('notFoundHint')} action={<Button component={Link} to="/wallets">{t('wallets')}</Button>} /></Page>;
  if (!wallet) return <Page title={t('wallet')}>{error ? <Problems error={error} retry={again} /> : <Waiting />}</Page>;
  const entries = [...wallet.entries.nodes, ...older.nodes];
  return (
    <div>
      <Back to="wallets" />
      <Page title={wallet.name || wallet.currency.name}>
        <Balance wallet={wallet} />
        {!wallet.closedAt && (
          <Group>
            <Group grow flex={1}>
              <Button component={Link} to={`/send?from=${wallet.number}`}>{t('send')}</Button>
              <Button component={Link} to={`/receive?wallet=${wallet.number}`} variant="default">{t('receive')}</Button>
            </Group>
            <Acts key={number} wallet={wallet} onChange={again} />
          </Group>
        )}
        <section className="panel" aria-labelledby="statement">
          <Documents number={number} urls={wallet.statementUrls} isEmpty={entries.length === 0} />
          {entries.length === 0 && <Empty title={t(wallet.closedAt ? 'noMoves' : 'noEntries')} />}
          {entries.map((e) => <EntryRow key={e.id} entry={e} />)}
          <Problems error={older.error} />
          {older.hasMore && <Button variant="default" mt="sm" fullWidth loading={older.busy} onClick={older.more}>{t('loadMore')}</Button>}
        </section>
      </Page>
    </div>
  );
}

// Balance is the wallet's card without its name, which the heading has.
function Balance({ wallet }: { wallet: WalletPartsFragment }) {
  const { t } = useTranslation();
  return (
    <div className={`card card-${wallet.currency.letter}${wallet.closedAt ? ' card-closed' : ''} card-bare`} data-testid="wallet">
      <Group justify="space-between" align="flex-start" gap="xs">
        <div className="balance" style={fitted(money(wallet.balance))}>{money(wallet.balance)}</div>
        <Text size="sm">{wallet.closedAt ? t('closed') : wallet.isDefault ? t('default') : ''}</Text>
      </Group>
      <Copyable text={wallet.number} />
    </div>
  );
}
