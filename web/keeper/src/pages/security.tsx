import { Anchor, Badge, Button, Group, Stack, Text, Title } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';
import '../text/account';
import { RevokeOthersDocument, RevokeSessionDocument, SecurityDocument } from '../gql/graphql';
import { time } from '../text/text';
import { Problems, useAct } from '../ui/act';
import { useLiveQuery } from '../ui/live-query';
import { Page, Waiting } from '../ui/parts';
import { Factors } from './factors';
import { Freezing } from './freezing';

export default function Security() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useLiveQuery(SecurityDocument, {});
  const end = useAct(RevokeSessionDocument);
  const endOthers = useAct(RevokeOthersDocument);
  const me = data?.viewer;
  const { hash } = useLocation();
  useEffect(() => {
    if (me && hash) document.getElementById(hash.slice(1))?.scrollIntoView();
  }, [!me, hash]);
  if (!me) return <Page title={t('security')}>{error ? <Problems error={error} retry={again} /> : <Waiting />}</Page>;
  const others = me.sessions.filter((s) => !s.current);
  return (
    <Page title={t('security')}>
      <section className="panel" aria-labelledby="devices">
        <Group justify="space-between" mb="sm">
          <Title order={2} size="h4" id="devices">{t('sessions')}</Title>
          {others.length > 0 && <Button size="xs" variant="default" loading={endOthers.busy} onClick={async () => { await endOthers.run({}); again(); }}>{t('endOthers')}</Button>}
        </Group>
        <Problems problems={[...end.problems, ...endOthers.problems]} error={end.error ?? endOthers.error} />
        {me.sessions.map((s) => (
          <Group key={s.id} justify="space-between" py="sm" wrap="nowrap" className="item" data-testid="session">
            <div>
              <Text fw={500}>{s.device.name || s.device.platform} {s.current && <Badge ml={6} variant="light">{t('thisDevice')}</Badge>}</Text>
              <Text size="sm" c="dimmed">{t('lastSeen', { time: time(s.lastSeenAt) })}</Text>
            </div>
            {!s.current && <Button size="xs" variant="default" flex="none" aria-label={`${t('endSession')}: ${s.device.name}`} onClick={async () => { await end.run({ input: { sessionId: s.id } }); again(); }}>{t('endSession')}</Button>}
          </Group>
        ))}
        {others.length === 0 && <Text c="dimmed" size="sm">{t('noOthers')}</Text>}
      </section>
      <Factors factors={me.secondFactors} onChange={again} />
      <Freezing frozen={me.status === 'FROZEN'} byOperator={me.frozenByOperator} onChange={again} />
      <section className="panel" aria-labelledby="log">
        <Title order={2} size="h4" mb="sm" id="log">{t('log')}</Title>
        <Stack gap="xs">
          {me.securityLog.nodes.map((e) => (
            <Group key={e.id} justify="space-between" wrap="nowrap">
              <Text>{t(`log_${e.kind}`, e.kind)}{e.device ? ` · ${e.device.name || e.device.platform}` : ''}</Text>
              <Text size="sm" c="dimmed" className="money">{time(e.occurredAt)}</Text>
            </Group>
          ))}
        </Stack>
      </section>
      <Anchor component={Link} to="/settings/refused" underline="always" className="back">{t('refusedTitle')}</Anchor>
    </Page>
  );
}
