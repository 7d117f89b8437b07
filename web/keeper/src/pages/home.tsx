import { Anchor, Button, Group, Text, Title } from '@mantine/core';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useKnown } from '../api/known';
import { grouped } from '../api/numbers';
import { HappenedDocument, HomeDocument, type TransferLineFragment, type WalletPartsFragment } from '../gql/graphql';
import { lately, money } from '../text/text';
import { Problems } from '../ui/act';
import { useLiveQuery } from '../ui/live-query';
import { CardsWaiting, Empty, fitted, Page, TransferRow } from '../ui/parts';

const toAlerts = () => import('./alerts');
const Alerts = lazy(toAlerts);

export function WalletCard({ wallet }: { wallet: WalletPartsFragment }) {
  const { t } = useTranslation();
  const balance = money(wallet.balance);
  return (
    <Link to={`/wallets/${wallet.number}`} className={`card card-${wallet.currency.letter}${wallet.closedAt ? ' card-closed' : ''}`} data-testid="wallet">
      <Text fw={600} lineClamp={2}>{wallet.name || wallet.currency.name}</Text>
      <div className="balance" style={fitted(balance)}>{balance}</div>
      <Group justify="space-between" gap="0 8px" mt="auto">
        <Text ff="monospace" size="sm">{grouped(wallet.number)}</Text>
        <Text size="sm">{wallet.closedAt ? t('closed') : wallet.isDefault ? t('default') : ''}</Text>
      </Group>
    </Link>
  );
}

const NOTICE_MS = 1_500;

// Home waits a moment for what has happened to the account as well: a notice that came later would move everything that is there by then.
export function Home() {
  const { t } = useTranslation();
  const [{ data, error, fetching }, again] = useLiveQuery(HomeDocument, {});
  const [{ data: happened, fetching: looks }] = useLiveQuery(HappenedDocument, {});
  useEffect(() => void toAlerts().catch(() => undefined), []); // it comes along with the data
  const known = useKnown(); // what is from before has no notice with it
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), NOTICE_MS);
    return () => clearTimeout(timer);
  }, []);
  const me = data?.viewer;
  const wallets = me?.wallets.filter((w) => !w.closedAt) ?? [];
  const moves = wallets.length > 0 && !me?.closesAt; // an account that is being closed neither sends nor takes
  return (
    <Page title={t('home')} aside={moves &&
      <Group grow className="deeds">
        <Button component={Link} to="/send">{t('send')}</Button>
        <Button component={Link} to="/receive" variant="default">{t('receive')}</Button>
      </Group>
    }>
      <Problems error={error} retry={again} />
      {!me || (!happened && looks && !known && !isLate) ? (fetching || looks) && !error && <CardsWaiting /> : (
        <Suspense fallback={<CardsWaiting />}>
          <Alerts id={me.id} frozen={me.status === 'FROZEN'} log={happened?.viewer?.securityLog} waits={looks} />
          <Own wallets={wallets} />
          {(wallets.length > 0 || me.transfers.nodes.length > 0) && <Latest transfers={me.transfers.nodes} moves={moves} />}
        </Suspense>
      )}
    </Page>
  );
}

function Own({ wallets }: { wallets: WalletPartsFragment[] }) {
  const { t } = useTranslation();
  if (wallets.length === 0) return <Empty title={t('noWallets')} hint={t('noWalletsHint')} action={<Button component={Link} to="/wallets">{t('openWallet')}</Button>} />;
  return (
    <section aria-labelledby="own">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4" id="own">{t('wallets')}</Title>
        <Anchor component={Link} to="/wallets" underline="always">{t('all')}</Anchor>
      </Group>
      <div className="cards">{wallets.map((w) => <WalletCard key={w.id} wallet={w} />)}</div>
    </section>
  );
}

function Latest({ transfers, moves }: { transfers: TransferLineFragment[]; moves: boolean }) {
  const { t } = useTranslation();
  return (
    <section className="panel" aria-labelledby="latest">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4" id="latest">{t('lastTransfers')}</Title>
        {transfers.length > 0 && <Anchor component={Link} to="/history" underline="always">{t('all')}</Anchor>}
      </Group>
      {transfers.length === 0 ? <Empty title={t('noTransfers')} hint={moves ? t('noTransfersHint') : undefined} /> : transfers.map((x) => <TransferRow key={x.id} transfer={x} when={lately} />)}
    </section>
  );
}
