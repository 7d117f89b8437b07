import { Anchor, Button, Group, Text, Title } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { grouped } from '../api/numbers';
import { HomeDocument, type WalletPartsFragment } from '../gql/graphql';
import { money } from '../text/text';
import { Problems } from '../ui/act';
import { useLiveQuery } from '../ui/live-query';
import { Empty, Page, TransferRow, Waiting } from '../ui/parts';

const Alerts = lazy(() => import('./alerts'));

// WalletCard shows a wallet; bare, where its number stands beside.
export function WalletCard({ wallet, bare }: { wallet: WalletPartsFragment; bare?: boolean }) {
  const { t } = useTranslation();
  return (
    <Link to={`/wallets/${wallet.number}`} className={`card card-${wallet.currency.letter}${wallet.closedAt ? ' card-closed' : ''}${bare ? ' card-bare' : ''}`} data-testid="wallet">
      <Group justify="space-between" wrap="nowrap">
        <Text fw={600} truncate>{wallet.name || wallet.currency.name}</Text>
        <Text size="sm">{wallet.closedAt ? t('closed') : wallet.isDefault ? t('default') : ''}</Text>
      </Group>
      <div className="balance" data-long={money(wallet.balance).length > 16 || undefined}>{money(wallet.balance)}</div>
      {!bare && <Text ff="monospace" size="sm" mt="sm">{grouped(wallet.number)}</Text>}
    </Link>
  );
}

export function Home() {
  const { t } = useTranslation();
  const [{ data, error, fetching }, again] = useLiveQuery(HomeDocument, {});
  const wallets = data?.viewer?.wallets.filter((w) => !w.closedAt) ?? [];
  const transfers = data?.viewer?.transfers.nodes ?? [];
  return (
    <Page title={t('home')} aside={wallets.length > 0 &&
      <Group>
        <Button component={Link} to="/send">{t('send')}</Button>
        <Button component={Link} to="/receive" variant="default">{t('receive')}</Button>
      </Group>
    }>
      <Problems error={error} retry={again} />
      {data?.viewer && <Suspense><Alerts id={data.viewer.id} /></Suspense>}
      {!data ? fetching && <Waiting /> : wallets.length === 0 ? (
        <Empty title={t('noWallets')} hint={t('noWalletsHint')} action={<Button component={Link} to="/wallets">{t('openWallet')}</Button>} />
      ) : (
        <section aria-labelledby="own">
          <Group justify="space-between" mb="xs">
            <Title order={2} size="h4" id="own">{t('wallets')}</Title>
            <Anchor component={Link} to="/wallets" underline="always">{t('all')}</Anchor>
          </Group>
          <div className="cards">{wallets.map((w) => <WalletCard key={w.id} wallet={w} />)}</div>
        </section>
      )}
      {data && (
        <section className="panel" aria-labelledby="latest">
          <Group justify="space-between" mb="xs">
            <Title order={2} size="h4" id="latest">{t('lastTransfers')}</Title>
            <Anchor component={Link} to="/history" underline="always">{t('all')}</Anchor>
          </Group>
          {transfers.length === 0 ? <Empty title={t('noTransfers')} hint={t('noTransfersHint')} /> : transfers.map((x) => <TransferRow key={x.id} transfer={x} />)}
        </section>
      )}
    </Page>
  );
}
