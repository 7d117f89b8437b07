import { Anchor, Button, Group, Text, Title } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { grouped } from '../api/numbers';
import { HomeDocument, type WalletPartsFragment } from '../gql/graphql';
import { lately, money } from '../text/text';
import { Problems } from '../ui/act';
import { useLiveQuery } from '../ui/live-query';
import { CardsWaiting, Empty, fitted, Page, TransferRow } from '../ui/parts';

const Alerts = lazy(() => import('./alerts'));

export function WalletCard({ wallet }: { wallet: WalletPartsFragment }) {
  const { t } = useTranslation();
  const balance = money(wallet.balance);
  return (
    <Link to={`/wallets/${wallet.number}`} className={`card card-${wallet.currency.letter}${wallet.closedAt ? ' card-closed' : ''}`} data-testid="wallet">
      <Text fw={600} lineClamp={2}>{wallet.name || wallet.currency.name}</Text>
      <div className="balance" style={fitted(balance)}>{balance}</div>
      <Group justify="space-between" wrap="nowrap" mt="auto">
        <Text ff="monospace" size="sm">{grouped(wallet.number)}</Text>
        <Text size="sm">{wallet.closedAt ? t('closed') : wallet.isDefault ? t('default') : ''}</Text>
      </Group>
    </Link>
  );
}

export function Home() {
  const { t } = useTranslation();
  const [{ data, error, fetching }, again] = useLiveQuery(HomeDocument, {});
  const wallets = data?.viewer?.wallets.filter((w) => !w.closedAt) ?? [];
  const transfers = data?.viewer?.transfers.nodes ?? [];
  const moves = wallets.length > 0 && !data?.viewer?.closesAt; // an account that is being closed neither sends nor takes
  return (
    <Page title={t('home')} aside={moves &&
      <Group grow className="deeds">
        <Button component={Link} to="/send">{t('send')}</Button>
        <Button component={Link} to="/receive" variant="default">{t('receive')}</Button>
      </Group>
    }>
      <Problems error={error} retry={again} />
      {data?.viewer && <Suspense><Alerts id={data.viewer.id} frozen={data.viewer.status === 'FROZEN'} /></Suspense>}
      {!data ? fetching && <CardsWaiting /> : wallets.length === 0 ? (
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
      {(wallets.length > 0 || transfers.length > 0) && (
        <section className="panel" aria-labelledby="latest">
          <Group justify="space-between" mb="xs">
            <Title order={2} size="h4" id="latest">{t('lastTransfers')}</Title>
            {transfers.length > 0 && <Anchor component={Link} to="/history" underline="always">{t('all')}</Anchor>}
          </Group>
          {transfers.length === 0 ? <Empty title={t('noTransfers')} hint={moves ? t('noTransfersHint') : undefined} /> : transfers.map((x) => <TransferRow key={x.id} transfer={x} when={lately} />)}
        </section>
      )}
    </Page>
  );
}
