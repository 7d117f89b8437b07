import { Alert, Anchor, AppShell, Box, Button, Group, Text, Title } from '@mantine/core';
import { useNetwork } from '@mantine/hooks';
import { lazy, type ReactNode, Suspense, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';
import { useKnown } from '../api/known';
import { grouped } from '../api/numbers';
import { type Arrival, useLive } from '../api/live';
import type { MeQuery } from '../gql/graphql';
import { money, time } from '../text/text';
import { gets, signOf } from './amount';
import { chime } from './sound';
import { GearIcon, HistoryIcon, HomeIcon, PeopleIcon, ReceiveIcon, SendIcon, ShieldIcon, WalletIcon } from './icons';

type Place = { to: string; key: 'home' | 'wallets' | 'send' | 'receive' | 'history' | 'security' | 'contacts' | 'settings'; Icon: () => ReactNode; holds?: string; tabHolds?: string };

// Places are in the menu; what a place holds is beside its own address, and as a tab of a phone it stands for what has none there.
const places: Place[] = [
  { to: '/', key: 'home', Icon: HomeIcon, tabHolds: '/wallets' }, { to: '/wallets', key: 'wallets', Icon: WalletIcon },
  { to: '/send', key: 'send', Icon: SendIcon, tabHolds: '' }, { to: '/receive', key: 'receive', Icon: ReceiveIcon, tabHolds: '' },
  { to: '/history', key: 'history', Icon: HistoryIcon, holds: '/transfers', tabHolds: '' }, { to: '/security', key: 'security', Icon: ShieldIcon },
  { to: '/contacts', key: 'contacts', Icon: PeopleIcon },
  { to: '/settings', key: 'settings', Icon: GearIcon, tabHolds: '/security /contacts' },
];

// PlaceLink leads to a place; it is marked where that, or what it holds, is shown.
function PlaceLink({ place: { to, key, Icon, holds }, className, also = '' }: { place: Place; className: string; also?: string }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const isIn = (path: string) => pathname === path || pathname.startsWith(`${path}/`);
  const isWithin = `${holds ?? ''} ${also}`.split(' ').filter(Boolean).some(isIn);
  const current = pathname === to ? 'page' : (to !== '/' && isIn(to)) || isWithin ? 'true' : undefined;
  return <Link to={to} className={className} aria-current={current}><Icon />{t(key)}</Link>;
}

const Standing = lazy(() => import('./standing'));
const ARRIVAL_MS = 6_000;

// Shell is the frame of every screen: a bar of tabs below on a phone, a column beside on what is wider.
export function Shell({ me, children }: { me: NonNullable<MeQuery['viewer']>; children: ReactNode }) {
  const { t } = useTranslation();
  const { online } = useNetwork();
  const live = useLive();
  const known = useKnown();
  return (
    <AppShell padding={{ base: 'md', sm: 'xl' }} header={{ height: 56 }} navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: true } }} footer={{ height: { base: 64, sm: 0 } }}>
      <AppShell.Header>
        <a className="skip" href="#main" onClick={(e) => { e.preventDefault(); document.getElementById('main')?.focus(); }}>{t('skipToContent')}</a>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap"><img src="/icon.svg" alt="" width={28} height={28} /><Title order={2} size="h4">Keeper</Title></Group>
          <Text size="sm" c="dimmed" truncate>{[me.profile.firstName, me.profile.lastName].join(' ')}</Text>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" component="nav" visibleFrom="sm" aria-label={t('mainNavigation')}>
        {places.map((place) => <PlaceLink key={place.to} place={place} className="nav" />)}
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <Box maw={960} mx="auto">
          {(!online || known) && <Alert className="notice" color="yellow" mb="md" role="status">{t('offline')} {known ? t('keptFrom', { time: time(new Date(known).toISOString()) }) : t('offlineRefresh')}</Alert>}
          {online && !known && !live.connected && <Text size="sm" c="dimmed" role="status" mb="md">{t('reconnecting')}</Text>}
          {me.status === 'FROZEN' && <Frozen />}
          <Suspense><Standing /></Suspense>
          <Arrivals />
          {children}
        </Box>
      </AppShell.Main>
      <AppShell.Footer hiddenFrom="sm" component="nav" aria-label={t('mainNavigation')}>
        <Group h="100%" gap={0} px={4}>
          {places.filter((place) => place.tabHolds !== undefined).map((place) => <PlaceLink key={place.to} place={place} className="tab" also={place.tabHolds} />)}
        </Group>
      </AppShell.Footer>
    </AppShell>
  );
}

// Frozen says on every screen that nothing leaves, and leads to where that is ended.
function Frozen() {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  return (
    <Alert className="notice" color="red" mb="md" role="status">
      <Group justify="space-between"><Text>{t('frozen')}</Text>{pathname !== '/security' && <Button component={Link} to="/security#freezing" variant="default">{t('unfreeze')}</Button>}</Group>
    </Alert>
  );
}

// Arrivals tells of money the moment it comes, on whatever screen.
function Arrivals() {
  const { arrivals, dismiss } = useLive();
  return <div aria-live="polite">{arrivals.map(({ cursor, transfer }) => <Note key={cursor} transfer={transfer} onEnd={() => dismiss(cursor)} />)}</div>;
}

// notify shows a notification by the service worker: on Android nothing else may. One of the same tag, which a push may have brought, is replaced.
async function notify(tag: string, body: string) {
  const worker = await navigator.serviceWorker?.getRegistration();
  await worker?.showNotification('Keeper', { body, tag, icon: '/icon-192.png', data: { transferId: tag } }).catch(() => undefined);
}

function Note({ transfer, onEnd }: { transfer: Arrival['transfer']; onEnd: () => void }) {
  const { t } = useTranslation();
  const name = transfer.from.displayName || (transfer.kind === 'PAYMENT' || transfer.kind === 'REFUND' ? grouped(transfer.from.walletNumber) : t(`kind_${transfer.kind}`));
  const said = t(transfer.status === 'PROTECTED' ? 'arrivedProtected' : 'arrived', { amount: signOf(transfer) + money(gets(transfer)), name });
  const end = useRef(onEnd);
  end.current = onEnd;
  useEffect(() => {
    chime();
    if (document.visibilityState === 'hidden' && 'Notification' in window && Notification.permission === 'granted') {
      void notify(transfer.id, said);
    }
    const timer = setTimeout(() => end.current(), ARRIVAL_MS);
    return () => clearTimeout(timer);
  }, [transfer.id, t]);
  return (
    <Alert className="notice" color="teal" mb="md" withCloseButton onClose={onEnd} closeButtonLabel={t('close')}>
      <Anchor component={Link} to={`/transfers/${encodeURIComponent(transfer.id)}`} c="inherit">{said}</Anchor>
    </Alert>
  );
}
