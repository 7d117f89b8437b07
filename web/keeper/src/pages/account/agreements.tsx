import { Anchor, Button, Group, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { AcceptAgreementsDocument, AgreementsDocument, PendingAgreementsDocument } from '../../gql/graphql';
import { Problems, useAct } from '../../ui/act';
import { Dialog } from '../../ui/dialog';
import { SubPage, Told } from '../../ui/form';
import { useLiveQuery } from '../../ui/live-query';
import { Waiting } from '../../ui/parts';

export default function AgreementsPage() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useLiveQuery(PendingAgreementsDocument, {});
  const [done, setDone] = useState(false);
  const accept = useAct(AcceptAgreementsDocument);
  const pending = data?.viewer?.pendingAgreements;

  async function go(ids: string[]) {
    const { payload } = await accept.run({ input: { agreementIds: ids } });
    setDone(!!payload);
    again(); // one that is not current any more is shown in its new version
  }
  return (
    <SubPage title={t('agreementsTitle')}>
      {!pending ? error ? <Problems error={error} retry={again} /> : <Waiting rows={3} /> : pending.length === 0 ? (
        <>{done && <Told>{t('agreementsDone')}</Told>}<Accepted /></>
      ) : (
        <>
          <Text>{t('agreementsNew')} {t('agreementsHint')}</Text>
          {pending.map((a) => (
            <section key={a.id} className="panel" aria-labelledby={a.id}>
              <Title order={2} size="h4" id={a.id}>{a.title}</Title>
              <Text size="sm" c="dimmed" mb="sm">{t('agreementsVersion', { version: a.version })}</Text>
              <div className="agreement" tabIndex={0} role="group" aria-labelledby={a.id}>{a.text}</div>
            </section>
          ))}
          <Stack>
            <Problems problems={accept.problems} error={accept.error} />
            <Button loading={accept.busy} onClick={() => void go(pending.map((a) => a.id))}>{t('agreementsAccept')}</Button>
          </Stack>
        </>
      )}
    </SubPage>
  );
}

// Accepted shows what holds for whoever has nothing left to accept: the current version of each agreement.
function Accepted() {
  const { t, i18n } = useTranslation();
  const [{ data, error }, again] = useQuery({ query: AgreementsDocument });
  const [reading, setReading] = useState<{ title: string; text: string }>();
  const day = (iso: string) => new Intl.DateTimeFormat(i18n.language, { dateStyle: 'long' }).format(new Date(iso)).replace(/ /g, '\u00a0');
  return (
    <section className="panel" aria-labelledby="accepted">
      <Title order={2} size="h4" id="accepted">{t('agreementsNone')}</Title>
      <Text size="sm" c="dimmed" mb="sm">{t('agreementsNoneHint')}</Text>
      {!data?.agreements && (error ? <Problems error={error} retry={() => again({ requestPolicy: 'network-only' })} /> : <Waiting rows={2} />)}
      {data?.agreements.map((a) => (
        <Group key={a.id} justify="space-between" py="xs" className="item">
          <div className="beside">
            <Text>{a.title}</Text>
            <Text size="sm" c="dimmed">{t('agreementsVersionOf', { version: a.version, day: day(a.publishedAt) })}</Text>
          </div>
          <Anchor component="button" type="button" className="back" underline="always" aria-label={`${t('readAgreement')}: ${a.title}`} onClick={() => setReading(a)}>{t('readAgreement')}</Anchor>
        </Group>
      ))}
      <Dialog opened={!!reading} onClose={() => setReading(undefined)} title={reading?.title}><Text style={{ whiteSpace: 'pre-wrap' }}>{reading?.text}</Text></Dialog>
    </section>
  );
}
