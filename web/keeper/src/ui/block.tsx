import '../text/account';
import { Alert, Button, Group, Modal, Stack } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { BlockDocument } from '../gql/graphql';
import { Problems, useAct } from './act';
import { Follows } from './form';

// Block takes nothing more from somebody, after it has said what that means.
export function Block({ wmid, name }: { wmid: string; name: string }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState(false);
  const [done, setDone] = useState(false);
  const block = useAct(BlockDocument);

  async function go() {
    if (!(await block.run({ input: { wmid } })).payload) return;
    setAsked(false);
    setDone(true);
  }
  if (done) return <Alert color="teal" variant="light" role="status">{t('blocked')}</Alert>;
  return (
    <>
      <Button variant="subtle" color="red" size="xs" aria-label={t('blockNamed', { name })} onClick={() => setAsked(true)}>{t('block')}</Button>
      <Modal opened={asked} onClose={() => setAsked(false)} title={t('blockTitle', { name })} closeButtonProps={{ 'aria-label': t('close') }}>
        <Stack>
          <Follows items={[t('blockFollows1'), t('blockFollows2'), t('blockFollows3')]} />
          <Problems problems={block.problems} error={block.error} />
          <Group grow>
            <Button variant="default" onClick={() => setAsked(false)} data-autofocus>{t('cancel')}</Button>
            <Button color="red" loading={block.busy} onClick={() => void go()}>{t('block')}</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
