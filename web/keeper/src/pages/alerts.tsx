import '../text/account';
import { Alert, Anchor, Button, List, SimpleGrid } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { HappenedQuery, SecurityEventKind } from '../gql/graphql';
import { time } from '../text/text';

// What somebody else may have done with the account.
const grave = new Set<SecurityEventKind>([
  'SIGNED_IN', 'SIGN_IN_FAILED', 'TOKEN_REUSED', 'OTHER_SESSIONS_ENDED', 'PASSWORD_CHANGED', 'PHONE_CHANGED', 'EMAIL_CHANGED', 'SECURITY_QUESTION_CHANGED', 'PROFILE_CHANGED', 'CONFIRMATION_POLICY_CHANGED',
  'UNFROZEN', 'CLOSING_BEGUN', 'TOTP_ENABLED', 'TOTP_DISABLED', 'BACKUP_CODES_RENEWED', 'BACKUP_CODE_USED', 'PASSKEY_ADDED', 'PASSKEY_REMOVED', 'PASSKEY_REFUSED', 'RECOVERY_STARTED', 'RECOVERED',
  'DATA_EXPORT_REQUESTED', 'DATA_EXPORT_FETCHED', 'FROZEN_BY_OPERATOR', 'SESSIONS_ENDED_BY_OPERATOR',
]);
const LATELY_MS = 7 * 86_400_000;
const MOST = 4;

// Alerts tells of what other devices did, or nobody who was signed in, until the person has seen it. What this session did it knows.
export default function Alerts({ id, frozen, log }: { id: string; frozen: boolean; log: NonNullable<HappenedQuery['viewer']>['securityLog']['nodes'] }) {
  const { t } = useTranslation();
  const kept = `keeper.seen.${id}`;
  const [seen, setSeen] = useState(() => localStorage.getItem(kept) ?? new Date(Date.now() - LATELY_MS).toISOString());
  const news = log.filter((e) => grave.has(e.kind) && !e.session?.current && Date.parse(e.occurredAt) > Date.parse(seen));
  if (news.length === 0) return null;
  const alike = new Map<string, { what: string; count: number; last: string }>(); // the same done over and over is told once
  for (const e of news) {
    const what = t(`log_${e.kind}`, e.kind) + (e.device ? ` · ${e.device.name || e.device.platform}` : '');
    alike.set(what, { what, count: (alike.get(what)?.count ?? 0) + 1, last: alike.get(what)?.last ?? e.occurredAt });
  }
  const told = [...alike.values()];

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
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
        <Button variant="default" onClick={acknowledge}>{t('alertsOk')}</Button>
        <Button component={Link} to={frozen ? '/security' : '/security#freezing'} {...(frozen ? { variant: 'default' } : { color: 'red' })}>{t(frozen ? 'log' : 'alertsNotMe')}</Button>
      </SimpleGrid>
    </Alert>
  );
}
