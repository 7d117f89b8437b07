import '../text/account';
import { Alert, Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { BlockDocument } from '../gql/graphql';
import { Problems, useAct } from './act';
import { Follows } from './form';
import { Sure } from './sure';

type Person = { wmid: string; name: string };

// Block leads to a dialog that takes nothing more from somebody.
export function Block(person: Person) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState(false);
  const [done, setDone] = useState(false);
  if (done) return <Blocked name={person.name} />;
  return (
    <>
      <Button variant="subtle" color="red" onClick={() => setAsked(true)}>{t('blockNamed', { name: person.name })}</Button>
      <BlockDialog person={asked ? person : undefined} onClose={() => setAsked(false)} onDone={() => { setAsked(false); setDone(true); }} />
    </>
  );
}

export function Blocked({ name }: { name: string }) {
  const { t } = useTranslation();
  return <Alert color="teal" variant="light" role="status">{t('blocked', { name })}</Alert>;
}

// BlockDialog says what it means to block somebody, and does it.
export function BlockDialog({ person, onClose, onDone }: { person?: Person; onClose: () => void; onDone: (of: Person) => void }) {
  const { t } = useTranslation();
  const block = useAct(BlockDocument);
  useEffect(() => block.clear(), [person?.wmid]); // what was said was of another
  const [asked, setAsked] = useState<string>(); // whose block was asked for last
  async function go() {
    if (!person) return;
    setAsked(person.wmid);
    if ((await block.run({ input: { wmid: person.wmid } })).payload) onDone(person);
  }
  return (
    <Sure opened={!!person} title={t('blockTitle', { name: person?.name ?? '' })} act={t('block')} busy={block.busy && asked === person?.wmid} onClose={onClose} onAct={() => void go()}>
      <Follows items={[t('blockFollows1'), t('blockFollows2'), t('blockFollows3')]} />
      <Problems problems={block.problems} error={block.error} />
    </Sure>
  );
}
