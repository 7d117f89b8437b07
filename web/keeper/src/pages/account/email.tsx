import { Alert, Badge, Button, Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ChangeEmailDocument, type OwnPartsFragment, ResendEmailDocument } from '../../gql/graphql';
import { Problems, useAct } from '../../ui/act';
import { FieldsForm, Follows, OwnPage, passwordField, Told, useTyped } from '../../ui/form';
import { useKept } from '../../ui/kept';

export default function EmailPage() {
  const { t } = useTranslation();
  return <OwnPage title={t('email')}>{(own, again) => <Address own={own} again={again} />}</OwnPage>;
}

type Props = { own: OwnPartsFragment; again: () => void };

function Address({ own, again }: Props) {
  const { t } = useTranslation();
  const [pending, setPending] = useKept<string>(`keeper.new-email.${own.id}`);
  const [done, setDone] = useState(false);
  const [tries, setTries] = useState(0); // of a change: what was said of another letter is past then
  const { address, verified } = own.email;
  const arrived = pending?.toLowerCase() === address.toLowerCase() && verified;

  useEffect(() => { // it is told once
    if (!arrived) return;
    setPending(undefined);
    setDone(true);
  }, [arrived]);
  useEffect(() => { // the link of the letter is opened in another tab
    const look = () => document.visibilityState === 'visible' && again();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [again]);
  return (
    <>
      <Stack className="panel">
        <Group justify="space-between">
          <Text fw={600} style={{ overflowWrap: 'anywhere' }}>{address}</Text>
          <Badge variant="light" color={verified ? 'teal' : 'yellow'}>{verified ? t('emailConfirmed') : t('emailUnverified')}</Badge>
        </Group>
        {!verified && <Unverified key={tries} />}
        {done && <Told>{t('emailDone', { address })}</Told>}
        {pending && !arrived && (
          <Alert color="blue" variant="light" role="status">
            <Stack gap="xs" align="start">
              <div>{t('emailPending', { address: pending, old: address })}</div>
              <Button variant="default" onClick={() => setPending(undefined)}>{t('emailForget')}</Button>
            </Stack>
          </Alert>
        )}
      </Stack>
      <Change primary={verified && !pending} onTry={() => setTries(tries + 1)} onSent={(next) => { setDone(false); setPending(next); }} />
    </>
  );
}

function Unverified() {
  const { t } = useTranslation();
  const [sent, setSent] = useState(false);
  const resend = useAct(ResendEmailDocument);
  return (
    <>
      <Text size="sm" c="dimmed">{t('emailWhy')}</Text>
      <Problems problems={resend.problems} error={resend.error} />
      {sent && <Told>{t('emailAgainDone')}</Told>}
      <Button loading={resend.busy} onClick={async () => { setSent(false); setSent(!!(await resend.run({})).payload); }}>{t('emailAgain')}</Button>
    </>
  );
}

function Change({ primary, onTry, onSent }: { primary: boolean; onTry: () => void; onSent: (address: string) => void }) {
  const { t } = useTranslation();
  const typed = useTyped();
  const change = useAct(ChangeEmailDocument);

  async function send() {
    onTry();
    const newEmail = typed.value('newEmail').trim();
    const { payload } = await change.run({ input: { newEmail, currentPassword: typed.value('currentPassword') } });
    if (!payload) return;
    typed.clear();
    onSent(newEmail);
  }
  return (
    <section className="panel" aria-labelledby="change">
      <Title order={2} size="h4" mb="sm" id="change">{t('changeEmail')}</Title>
      <FieldsForm fields={[{ name: 'newEmail', label: t('newEmail'), type: 'email', complete: 'email' }, passwordField(t('passwordNow'))]} typed={typed} {...change} submit={t('emailSend')} variant={primary ? 'filled' : 'default'} onSubmit={() => void send()}>
        <Follows items={[t('emailFollows1'), t('emailFollows2'), t('othersOut')]} />
      </FieldsForm>
    </section>
  );
}
