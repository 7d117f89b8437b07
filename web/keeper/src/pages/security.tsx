import { Anchor, Badge, Button, Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';
import { useClient } from 'urql';
import '../text/account';
import { RevokeOthersDocument, RevokeSessionDocument, SecurityDocument, SecurityLogDocument, type SecurityQuery } from '../gql/graphql';
import { time } from '../text/text';
import { Problems, useAct } from '../ui/act';
import { useLiveQuery } from '../ui/live-query';
import { useMore } from '../ui/more';
import { Page, Waiting } from '../ui/parts';
import { Sure } from '../ui/sure';
import { Factors } from './factors';
import { Freezing } from './freezing';

export default function Security() {
  const { t } = useTranslation();
  const client = useClient();
  const [{ data, error, fetching, stale }, again] = useLiveQuery(SecurityDocument, {});
  const me = data?.viewer;
  const older = useMore(me?.securityLog, '', fetching || stale, async (after) => {
    const next = await client.query(SecurityLogDocument, { after }, { requestPolicy: 'network-only' });
    return { rows: next.data?.viewer?.securityLog, error: next.error };
  });
  const { hash } = useLocation();
  useEffect(() => {
    if (me && hash) document.getElementById(hash.slice(1))?.scrollIntoView();
  }, [!me, hash]);
  if (!me) return <Page title={t('security')}>{error ? <Problems error={error} retry={again} /> : <Waiting />}</Page>;
  return (
    <Page title={t('security')}>
      <Devices sessions={me.sessions} onChange={again} />
      <Freezing frozen={me.status === 'FROZEN'} byOperator={me.frozenByOperator} onChange={again} />
      <Factors factors={me.secondFactors} onChange={again} />
      <section className="panel" aria-labelledby="log">
        <Title order={2} size="h4" mb="sm" id="log">{t('log')}</Title>
        <Stack gap="xs">
          {[...me.securityLog.nodes, ...older.nodes].map((e) => (
            <Group key={e.id} justify="space-between" align="start">
              <div className="beside">
                <Text>{t(`log_${e.kind}`, e.kind)}</Text>
                {e.device && <Text size="sm" c="dimmed">{e.device.name || e.device.platform}</Text>}
              </div>
              <Text size="sm" c="dimmed" className="money">{time(e.occurredAt)}</Text>
            </Group>
          ))}
        </Stack>
        <Problems error={older.error} />
        {older.hasMore && <Button variant="default" mt="sm" fullWidth loading={older.busy} onClick={older.more}>{t('loadMore')}</Button>}
      </section>
      <Anchor component={Link} to="/settings/refused" state={{ from: 'security' }} underline="always" className="back">{t('refusedTitle')}</Anchor>
    </Page>
  );
}

type Sessions = NonNullable<SecurityQuery['viewer']>['sessions'];

const FIRST = 5; // devices; all others are a tap away

// Devices are where one is signed in, this one first. Each of the others can be signed out, and all of them, which is asked first.
function Devices({ sessions, onChange }: { sessions: Sessions; onChange: () => void }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const [asked, setAsked] = useState(false);
  const end = useAct(RevokeSessionDocument);
  const endOthers = useAct(RevokeOthersDocument);
  const others = sessions.filter((s) => !s.current);
  const ordered = [...sessions.filter((s) => s.current), ...others];
  const shown = all ? ordered : ordered.slice(0, FIRST);

  async function endAll() {
    await endOthers.run({});
    setAsked(false);
    onChange();
  }
  return (
    <section className="panel" aria-labelledby="devices">
      <Title order={2} size="h4" id="devices">{t('sessions')}</Title>
      <Problems problems={[...end.problems, ...endOthers.problems]} error={end.error ?? endOthers.error} />
      {shown.map((s) => (
        <Group key={s.id} justify="space-between" py="sm" className="item" data-testid="session">
          <div className="beside">
            <Text fw={500}>{s.device.name || s.device.platform} {s.current && <Badge ml={6} variant="light">{t('thisDevice')}</Badge>}</Text>
            <Text size="sm" c="dimmed">{s.current ? t('activeNow') : t('lastSeen', { time: time(s.lastSeenAt) })}</Text>
          </div>
          {!s.current && <Button variant="default" flex="none" aria-label={`${t('signOutDevice')}: ${s.device.name || s.device.platform}`} onClick={async () => { await end.run({ input: { sessionId: s.id } }); onChange(); }}>{t('signOutDevice')}</Button>}
        </Group>
      ))}
      {others.length === 0 && <Text c="dimmed" size="sm">{t('noOthers')}</Text>}
      <Group mt="xs">
        {shown.length < ordered.length && <Button variant="default" onClick={() => setAll(true)}>{t('showAllDevices', { count: ordered.length })}</Button>}
        {others.length > 0 && <Button variant="default" onClick={() => setAsked(true)}>{t('signOutOthers')}</Button>}
      </Group>
      <Sure opened={asked} title={t('signOutOthersSure')} act={t('signOutOthers')} busy={endOthers.busy} onClose={() => setAsked(false)} onAct={() => void endAll()}>
        <Text>{t('signOutOthersFollows')}</Text>
      </Sure>
    </section>
  );
}
