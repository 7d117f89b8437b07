import '../text/account';
import { Alert, Button, Group, Modal, Stack } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { BlockDocument } from '../gql/graphql';
import { Problems, useAct } from './act';
import { Follows } from './form';

type Person = { wmid: string; name: string };

// Block leads to a dialog that takes nothing more from somebody.
export function Block(person: Person) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState(false);
  const [done, setDone] = useState(false);
  if (done) return <Blocked />;
  return (
    <>
      <Button variant="subtle" color="red" onClick={() => setAsked(true)}>{t('blockNamed', { name: person.name })}</Button>
      <BlockDialog person={asked ? person : undefined} onClose={() => setAsked(false)} onDone={() => { setAsked(false); setDone(true); }} />
    </>
  );
}

export function Blocked() {
  const { t } = useTranslation();
  return <Alert color="teal" variant="light" role="status">{t('blocked')}</Alert>;
}

// BlockDialog says what it means to block somebody, and does it.
export function BlockDialog({ person, onClose, onDone }: { person?: Person; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal opened={!!person} onClose={onClose} title={t('blockTitle', { name: person?.name ?? '' })} closeButtonProps={{ 'aria-label': t('close') }}>
      {person && <Sure wmid={person.wmid} onClose={onClose} onDone={onDone} />}
    </Modal>
  );
}

function Sure({ wmid, onClose, onDone }: { wmid: string; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation();
  const block = useAct(BlockDocument);
  const go = async () => { if ((await block.run({ input: { wmid } })).payload) onDone(); };
  return (
    <Stack>
      <Follows items={[t('blockFollows1'), t('blockFollows2'), t('blockFollows3')]} />
      <Problems problems={block.problems} error={block.error} />
      <Group grow>
        <Button variant="default" onClick={onClose} data-autofocus>{t('cancel')}</Button>
        <Button color="red" loading={block.busy} onClick={() => void go()}>{t('block')}</Button>
      </Group>
    </Stack>
  );
}
