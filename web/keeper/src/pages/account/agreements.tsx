import { Button, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AcceptAgreementsDocument, PendingAgreementsDocument } from '../../gql/graphql';
import { Problems, useAct } from '../../ui/act';
import { SubPage, Told } from '../../ui/form';
import { useLiveQuery } from '../../ui/live-query';
import { Empty, Waiting } from '../../ui/parts';

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
        done ? <Told>{t('agreementsDone')}</Told> : <Empty title={t('agreementsNone')} />
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
