import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { grouped } from '../../api/numbers';
import { BlockedDocument, UnblockDocument } from '../../gql/graphql';
import { time } from '../../text/text';
import { Problems, useAct } from '../../ui/act';
import { SubPage, Told } from '../../ui/form';
import { useLiveQuery } from '../../ui/live-query';
import { Empty, Waiting } from '../../ui/parts';

export default function BlockedPage() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useLiveQuery(BlockedDocument, {});
  const [freed, setFreed] = useState<string>();
  const unblock = useAct(UnblockDocument);
  const people = data?.viewer?.blockedAccounts;

  async function free(wmid: string, name: string) {
    setFreed(undefined);
    if (!(await unblock.run({ input: { wmid } })).payload) return;
    setFreed(name);
    again();
  }
  return (
    <SubPage title={t('blockedTitle')}>
      <Problems problems={unblock.problems} error={error ?? unblock.error} retry={error && again} />
      {freed && <Told key={freed}>{t('unblocked', { name: freed })}</Told>}
      {!people ? !error && <Waiting rows={2} /> : people.length === 0 ? <Empty title={t('blockedNone')} hint={t('blockedNoneHint')} /> : (
        <section className="panel" aria-label={t('blockedTitle')}>
          {people.map((p) => (
            <Group key={p.wmid} justify="space-between" py="xs" className="item" data-testid="blocked">
              <div>
                <Text fw={500}>{p.displayName || grouped(p.wmid)}</Text>
                <Text size="sm" c="dimmed">{grouped(p.wmid)} · {t('sinceTime', { time: time(p.since) })}</Text>
              </div>
              <Button variant="default" loading={unblock.busy} aria-label={t('unblockNamed', { name: p.displayName || grouped(p.wmid) })} onClick={() => void free(p.wmid, p.displayName || grouped(p.wmid))}>{t('unblock')}</Button>
            </Group>
          ))}
        </section>
      )}
    </SubPage>
  );
}
