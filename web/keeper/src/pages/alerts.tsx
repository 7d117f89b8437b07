import '../text/account';
import { Alert, Anchor, Button, List, SimpleGrid } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { CombinedError, useClient } from 'urql';
import { HappenedDocument, type HappenedQuery, type SecurityEventKind } from '../gql/graphql';
import { time } from '../text/text';
import { Problems } from '../ui/act';
import { useMore } from '../ui/more';

// What somebody else may have done with the account.
const grave = new Set<SecurityEventKind>([
  'SIGNED_IN', 'SIGN_IN_FAILED', 'TOKEN_REUSED', 'OTHER_SESSIONS_ENDED', 'PASSWORD_CHANGED', 'PHONE_CHANGED', 'EMAIL_CHANGED', 'SECURITY_QUESTION_CHANGED', 'PROFILE_CHANGED', 'CONFIRMATION_POLICY_CHANGED',
  'UNFROZEN', 'CLOSING_BEGUN', 'TOTP_ENABLED', 'TOTP_DISABLED', 'BACKUP_CODES_RENEWED', 'BACKUP_CODE_USED', 'PASSKEY_ADDED', 'PASSKEY_REMOVED', 'PASSKEY_REFUSED', 'RECOVERY_STARTED', 'RECOVERED',
  'DATA_EXPORT_REQUESTED', 'DATA_EXPORT_FETCHED', 'FROZEN_BY_OPERATOR', 'SESSIONS_ENDED_BY_OPERATOR',
]);
const FAILED: SecurityEventKind = 'SIGN_IN_FAILED';
const LATELY_MS = 7 * 86_400_000;
const MOST = 4;
const MOST_EVENTS = 1_000; // looked through at most

type Log = NonNullable<HappenedQuery['viewer']>['securityLog'];

// useLog is all of the log back to a moment: whoever fills it with trifles hides nothing behind them. What was read before stays told while what is newer is read.
function useLog(first: Log | undefined, back: string, waits: boolean) {
  const client = useClient();
  const read = useRef<Log['nodes']>([]);
  const older = useMore<Log['nodes'][number]>(first, '', waits, async (after) => {
    const { data, error } = await client.query(HappenedDocument, { after }, { requestPolicy: 'network-only' });
    const rows = data?.viewer?.securityLog;
    return { rows, error: error ?? (rows ? undefined : new CombinedError({ networkError: new Error('nobody is in') })) };
  });
  const fresh = [...(first?.nodes ?? []), ...older.nodes];
  const log = [...fresh, ...read.current.filter(({ id }) => !fresh.some((e) => e.id === id))];
  const isJoined = log.length < fresh.length + read.current.length; // with what was read before
  const goesOn = older.hasMore && !isJoined && fresh.length < MOST_EVENTS && Date.parse(fresh.at(-1)?.occurredAt ?? back) > Date.parse(back);
  useEffect(() => {
    if (goesOn && !older.busy && !older.error) older.more();
    if (first && !goesOn) read.current = log.slice(0, MOST_EVENTS);
  }, [first, goesOn, older.busy]);
  return { log, isWhole: !!first && !goesOn, error: goesOn ? older.error : undefined, more: older.more };
}

// Alerts tells of what other devices did, or nobody who was signed in, until the person has seen it. What this session did it knows.
export default function Alerts({ id, frozen, log: first, waits }: { id: string; frozen: boolean; log?: Log; waits: boolean }) {
  const { t } = useTranslation();
  const kept = `keeper.seen.${id}`;
  const [seen, setSeen] = useState(() => localStorage.getItem(kept) ?? new Date(Date.now() - LATELY_MS).toISOString());
  useEffect(() => { // seen in another tab
    const look = ({ key, newValue }: StorageEvent) => void (key === kept && newValue && setSeen(newValue));
    window.addEventListener('storage', look);
    return () => window.removeEventListener('storage', look);
  }, [kept]);
  const { log, isWhole, error, more } = useLog(first, seen, waits);
  const news = log.filter((e) => grave.has(e.kind) && !e.session?.current && Date.parse(e.occurredAt) > Date.parse(seen));
  if (news.length === 0) return null;
  const alike = new Map<string, { what: string; isOpen: boolean; count: number; last: string }>(); // the same done over and over is told once
  for (const e of news) {
    const isOpen = e.kind !== FAILED; // who fails to log in calls the device what they like
    const what = t(`log_${e.kind}`, e.kind) + (e.device && isOpen ? ` · ${(e.device.name || e.device.platform).replace(/ (?=\d)/g, '\u00a0')}` : '');
    alike.set(what, { what, isOpen, count: (alike.get(what)?.count ?? 0) + 1, last: alike.get(what)?.last ?? e.occurredAt });
  }
  const told = [...alike.values()].sort((a, b) => Number(b.isOpen) - Number(a.isOpen)); // what was done before what was tried

  function acknowledge() {
    localStorage.setItem(kept, news[0].occurredAt);
    setSeen(news[0].occurredAt);
  }
  return (
    <Alert color="yellow" variant="light" role="status" title={t('alertsTitle', { count: news.length })} data-testid="alerts">
      <List spacing={4} mb="sm">
        {told.slice(0, MOST).map(({ what, count, last }) => <List.Item key={what}>{what}{'\u00a0'}· {count > 1 ? t('alertsTimes', { count, time: time(last) }) : time(last)}</List.Item>)}
      </List>
      {told.length > MOST && <Anchor component={Link} to="/security" underline="always" c="inherit" className="back">{t('alertsMore', { count: told.length - MOST })}</Anchor>}
      <Problems error={error} retry={more} />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
        <Button variant="default" disabled={!isWhole} onClick={acknowledge}>{t('alertsOk')}</Button>
        <Button component={Link} to={frozen ? '/security' : '/security#freezing'} {...(frozen ? { variant: 'default' } : { color: 'red' })}>{t(frozen ? 'log' : 'alertsNotMe')}</Button>
      </SimpleGrid>
    </Alert>
  );
}
