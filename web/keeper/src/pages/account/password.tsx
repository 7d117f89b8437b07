import { Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ChangePasswordDocument } from '../../gql/graphql';
import { time } from '../../text/text';
import { of, useAct } from '../../ui/act';
import { FieldsForm, Finished, Follows, OwnPage, passwordField, useTyped } from '../../ui/form';
import { agree, NewPassword } from '../../ui/new-password';

export default function PasswordPage() {
  const { t } = useTranslation();
  return (
    <OwnPage title={t('password')}>
      {(own) => (
        <Stack className="panel">
          <Text c="dimmed">{own.security.passwordChangedAt ? t('passwordSince', { time: time(own.security.passwordChangedAt) }) : t('passwordFirst')}</Text>
          <Change login={own.phone} own={[own.phone.slice(1), ...own.email.address.split('@'), own.profile.firstName, own.profile.lastName]} />
        </Stack>
      )}
    </OwnPage>
  );
}

function Change({ login, own }: { login: string; own: string[] }) {
  const { t } = useTranslation();
  const typed = useTyped();
  const [wanted, setWanted] = useState({ password: '', again: '' });
  const [done, setDone] = useState(false);
  const [missing, setMissing] = useState(false);
  const change = useAct(ChangePasswordDocument);

  async function save() {
    if (!agree(wanted)) return setMissing(true);
    const { payload } = await change.run({ input: { currentPassword: typed.value('currentPassword'), newPassword: wanted.password, newPasswordConfirmation: wanted.again } });
    if (!payload) return;
    setDone(true);
  }
  if (done) return <Finished>{t('passwordDone')}</Finished>;
  return (
    <FieldsForm fields={[passwordField(t('passwordNow'))]} typed={typed} {...change} besides={['newPassword']} submit={t('changePassword')} onSubmit={() => void save()}>
      <input type="text" name="username" autoComplete="username" value={login} readOnly hidden />
      <NewPassword label={t('newPassword')} typed={wanted} onTyped={setWanted} error={of(change.problems, 'newPassword')} missing={missing} own={own} />
      <Follows items={[t('othersOut'), t('passwordFollows')]} />
    </FieldsForm>
  );
}
