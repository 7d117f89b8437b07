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
  const [pending, setPending] = useKept<string>('keeper.new-email');
  const { address, verified } = own.email;
  const arrived = pending?.toLowerCase() === address.toLowerCase() && verified;

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
        {!verified && <Unverified />}
        {arrived && <Told>{t('emailDone', { address })}</Told>}
        {pending && !arrived && (
          <Alert color="blue" variant="light" role="status">
            {t('emailPending', { address: pending, old: address })}
            <Button mt="xs" variant="default" onClick={() => setPending(undefined)}>{t('emailForget')}</Button>
          </Alert>
        )}
      </Stack>
      <Change onSent={setPending} />
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
      <Button variant="default" loading={resend.busy} onClick={async () => { setSent(false); setSent(!!(await resend.run({})).payload); }}>{t('emailAgain')}</Button>
    </>
  );
}

function Change({ onSent }: { onSent: (address: string) => void }) {
  const { t } = useTranslation();
  const typed = useTyped();
  const change = useAct(ChangeEmailDocument);

  async function send() {
    const newEmail = typed.value('newEmail').trim();
    const { payload } = await change.run({ input: { newEmail, currentPassword: typed.value('currentPassword') } });
    if (!payload) return;
    typed.clear();
    onSent(newEmail);
  }
  return (
    <section className="panel" aria-labelledby="change">
      <Title order={2} size="h4" mb="sm" id="change">{t('changeIt')}</Title>
      <FieldsForm fields={[{ name: 'newEmail', label: t('newEmail'), type: 'email', complete: 'email' }, passwordField(t('currentPassword'))]} typed={typed} {...change} submit={t('emailSend')} onSubmit={() => void send()}>
        <Follows items={[t('emailFollows1'), t('emailFollows2'), t('othersOut')]} />
      </FieldsForm>
    </section>
  );
}
