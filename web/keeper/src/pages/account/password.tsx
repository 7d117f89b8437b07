import { Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ChangePasswordDocument } from '../../gql/graphql';
import { time } from '../../text/text';
import { of, useAct } from '../../ui/act';
import { FieldsForm, Follows, OwnPage, passwordField, Told, useTyped } from '../../ui/form';
import { agree, NewPassword } from '../../ui/new-password';

const nothing = { password: '', again: '' };

export default function PasswordPage() {
  const { t } = useTranslation();
  return (
    <OwnPage title={t('password')}>
      {(own) => (
        <Stack className="panel">
          <Text c="dimmed">{own.security.passwordChangedAt ? t('passwordSince', { time: time(own.security.passwordChangedAt) }) : t('passwordFirst')}</Text>
          <Change login={own.phone} />
        </Stack>
      )}
    </OwnPage>
  );
}

function Change({ login }: { login: string }) {
  const { t } = useTranslation();
  const typed = useTyped();
  const [wanted, setWanted] = useState(nothing);
  const [done, setDone] = useState(false);
  const change = useAct(ChangePasswordDocument);

  async function save() {
    setDone(false);
    const { payload } = await change.run({ input: { currentPassword: typed.value('currentPassword'), newPassword: wanted.password, newPasswordConfirmation: wanted.again } });
    if (!payload) return;
    typed.clear();
    setWanted(nothing);
    setDone(true);
  }
  return (
    <>
      {done && <Told>{t('passwordDone')}</Told>}
      <FieldsForm fields={[passwordField(t('currentPassword'))]} typed={typed} {...change} besides={['newPassword']} submit={t('changePassword')} disabled={!agree(wanted)} onSubmit={() => void save()}>
        <input type="text" name="username" autoComplete="username" value={login} readOnly hidden />
        <NewPassword label={t('newPassword')} typed={wanted} onTyped={setWanted} error={of(change.problems, 'newPassword')} />
        <Follows items={[t('othersOut'), t('passwordFollows')]} />
      </FieldsForm>
    </>
  );
}
