import { Button, Center, Loader, Stack, VisuallyHidden } from '@mantine/core';
import { lazy, Suspense, useMemo, useRef, useSyncExternalStore } from 'react';
import i18n from 'i18next';
import { useTranslation } from 'react-i18next';
import { Navigate, Route, Routes, useLocation } from 'react-router';
import { Provider, useQuery } from 'urql';
import { makeClient } from './api/client';
import { LiveProvider } from './api/live';
import { onSession, personOf, sessionOf, sessionState } from './api/session';
import { MeDocument } from './gql/graphql';
import { Problems } from './ui/act';
import { Boundary } from './ui/boundary';
import { useBackupCodes } from './ui/backup';
import { useFocusKept } from './ui/focus';
import { Empty } from './ui/parts';
import { useNews } from './ui/live-query';
import { usePayLink } from './ui/pay-link';
import { Shell } from './ui/shell';
import { useTapped } from './ui/tapped';
import { Home } from './pages/home';
import { LogIn } from './pages/login';

const Register = lazy(() => import('./pages/register'));
const Recovery = lazy(() => import('./pages/recovery'));
const LostPhone = lazy(() => import('./pages/lost-phone'));
const Wallets = lazy(() => import('./pages/wallets'));
const WalletPage = lazy(() => import('./pages/wallet'));
const Send = lazy(() => import('./pages/send/send'));
const Receive = lazy(() => import('./pages/receive'));
const History = lazy(() => import('./pages/history/history'));
const Transfer = lazy(() => import('./pages/transfer'));
const Security = lazy(() => import('./pages/security'));
const Contacts = lazy(() => import('./pages/contacts'));
const Settings = lazy(() => import('./pages/settings'));
const BackupCodes = lazy(() => import('./pages/backup-codes'));
const AccountRoutes = lazy(() => import('./pages/account/routes'));

const Sign = () => <img src="/icon.svg" alt="" width={48} height={48} />;

// Loading stands for a screen, or for the whole app, which has a main part and a heading at any time.
const Loading = ({ whole }: { whole?: boolean }) => (
  <Center h={whole ? '100vh' : '60vh'} component={whole ? 'main' : 'div'}>
    <Stack align="center">
      {whole && <><VisuallyHidden component="h1">Keeper</VisuallyHidden><Sign /></>}
      <Loader role="status" aria-label={i18n.t('loading')} />
    </Stack>
  </Center>
);

export function App() {
  const { i18n } = useTranslation();
  const session = useSyncExternalStore(onSession, sessionOf);
  const client = useMemo(makeClient, [session, i18n.language]); // what was cached for one person is nobody else's, and texts are of a language
  const state = sessionState();
  const { pathname } = useLocation();
  useFocusKept();
  useTapped();
  if (state === 'unknown') return <Loading whole />;
  return (
    <Provider value={client}>
      <Boundary><Suspense fallback={<Loading whole />}>
        {state !== 'out' && pathname !== '/register' ? <Inside key={personOf()} offline={state === 'offline'} /> : <Outside />}
      </Suspense></Boundary>
    </Provider>
  );
}

function Outside() {
  return (
    <Routes>
      <Route path="/register" element={<Register />} />
      <Route path="/recovery" element={<Recovery />} />
      <Route path="/recovery/phone" element={<LostPhone />} />
      <Route path="*" element={<LogIn />} />
    </Routes>
  );
}

// Follow asks anew who one is when something has happened: another device may have frozen the account.
function Follow({ result, again }: { result: { fetching: boolean; stale: boolean }; again: () => void }) {
  useNews(result, again);
  return null;
}

// Elsewhere is where whoever has logged in on the way to a payment goes on to it; all others begin at the beginning.
function Elsewhere() {
  const pay = usePayLink();
  return <Navigate to={pay ? `/send${pay}` : '/'} replace />;
}

function Inside({ offline }: { offline: boolean }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const codes = useBackupCodes();
  const [result, again] = useQuery({ query: MeDocument });
  const { data, error, fetching } = result;
  const last = useRef(data?.viewer); // what is open stays open while it is asked anew
  const me = (last.current = data?.viewer ?? (fetching || error ? last.current : undefined));
  const retry = () => again({ requestPolicy: 'network-only' });
  if (!me && error) {
    return (
      <Center h="100vh" p="md" component="main">
        <Stack align="center" gap="xs"><Sign />{offline ? <Empty first title={t('offlineFirst')} action={<Button onClick={retry}>{t('retry')}</Button>} /> : <Problems error={error} retry={retry} />}</Stack>
      </Center>
    );
  }
  if (!me) return fetching || offline ? <Loading whole /> : <LogIn />;
  return (
    <LiveProvider key={me.id} me={me.id} from={me.events.headCursor} follow={!offline}>
      <Follow result={result} again={retry} />
      {codes && <Suspense><BackupCodes codes={codes} /></Suspense>}
      <Shell me={me}>
        <Boundary place={pathname}><Suspense fallback={<Loading />}>
          <Routes>
            <Route path="/" element={<Home />} />
            <Route path="/wallets" element={<Wallets />} />
            <Route path="/wallets/:number" element={<WalletPage />} />
            <Route path="/send" element={<Send me={me.id} />} />
            <Route path="/receive" element={<Receive />} />
            <Route path="/history" element={<History me={me.id} />} />
            <Route path="/transfers/:id" element={<Transfer />} />
            <Route path="/contacts" element={<Contacts />} />
            <Route path="/security" element={<Security />} />
            <Route path="/settings" element={<Settings me={me} />} />
            <Route path="/settings/*" element={<AccountRoutes />} />
            <Route path="/recovery/phone" element={<Navigate to="/settings/phone" replace />} />
            <Route path="/recovery" element={<Navigate to="/settings/password" replace />} />
            <Route path="*" element={<Elsewhere />} />
          </Routes>
        </Suspense></Boundary>
      </Shell>
    </LiveProvider>
  );
}
