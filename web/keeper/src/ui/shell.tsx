import { Alert, AppShell, Box, Group, Text, Title } from '@mantine/core';
import { useNetwork } from '@mantine/hooks';
import { lazy, type ReactNode, Suspense, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { NavLink } from 'react-router';
import { useKnown } from '../api/known';
import { type Arrival, useLive } from '../api/live';
import type { MeQuery } from '../gql/graphql';
import { money, time } from '../text/text';
import { chime } from './sound';
import { GearIcon, HistoryIcon, HomeIcon, PeopleIcon, ReceiveIcon, SendIcon, ShieldIcon, WalletIcon } from './icons';

const places = [
  { to: '/', key: 'home', Icon: HomeIcon, tab: true }, { to: '/wallets', key: 'wallets', Icon: WalletIcon, tab: false },
  { to: '/send', key: 'send', Icon: SendIcon, tab: true }, { to: '/receive', key: 'receive', Icon: ReceiveIcon, tab: true },
  { to: '/history', key: 'history', Icon: HistoryIcon, tab: true }, { to: '/security', key: 'security', Icon: ShieldIcon, tab: false },
  { to: '/contacts', key: 'contacts', Icon: PeopleIcon, tab: false },
  { to: '/settings', key: 'settings', Icon: GearIcon, tab: true },
] as const;

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
        <a className="skip" href="#main">{t('skipToContent')}</a>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap"><img src="/icon.svg" alt="" width={28} height={28} /><Title order={2} size="h4">Keeper</Title></Group>
          <Text size="sm" c="dimmed" truncate>{[me.profile.firstName, me.profile.lastName].join(' ')}</Text>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" component="nav" visibleFrom="sm" aria-label={t('appName')}>
        {places.map(({ to, key, Icon }) => <NavLink key={to} to={to} end={to === '/'} className="nav"><Icon />{t(key)}</NavLink>)}
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <Box maw={960} mx="auto">
          {(!online || known) && <Alert color="yellow" mb="md" role="status">{t('offline')}{known && ` ${t('keptFrom', { time: time(new Date(known).toISOString()) })}`}</Alert>}
          {online && !known && !live.connected && live.version > 0 && <Text size="sm" c="dimmed" role="status" mb="md">{t('reconnecting')}</Text>}
          {me.status === 'FROZEN' && <Alert color="red" mb="md" role="status">{t('frozen')}</Alert>}
          <Suspense><Standing /></Suspense>
          <Arrivals />
          {children}
        </Box>
      </AppShell.Main>
      <AppShell.Footer hiddenFrom="sm" component="nav" aria-label={t('more')}>
        <Group h="100%" gap={0} px={4}>
          {places.filter((p) => p.tab).map(({ to, key, Icon }) => <NavLink key={to} to={to} end={to === '/'} className="tab"><Icon />{t(key)}</NavLink>)}
        </Group>
      </AppShell.Footer>
    </AppShell>
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
  await worker?.showNotification('Keeper', { body, tag, icon: '/icon.svg' }).catch(() => undefined);
}

function Note({ transfer, onEnd }: { transfer: Arrival['transfer']; onEnd: () => void }) {
  const { t } = useTranslation();
  const end = useRef(onEnd);
  end.current = onEnd;
  useEffect(() => {
    chime();
    if (document.visibilityState === 'hidden' && 'Notification' in window && Notification.permission === 'granted') {
      void notify(transfer.id, t('arrived', { amount: money(transfer.amount), name: transfer.from.displayName }));
    }
    const timer = setTimeout(() => end.current(), ARRIVAL_MS);
    return () => clearTimeout(timer);
  }, [transfer.id, t]);
  return (
    <Alert color="teal" mb="md" withCloseButton onClose={onEnd} closeButtonLabel={t('close')}>
      {t('arrived', { amount: `+${money(transfer.amount)}`, name: transfer.from.displayName || t(`kind_${transfer.kind}`) })}
    </Alert>
  );
}
