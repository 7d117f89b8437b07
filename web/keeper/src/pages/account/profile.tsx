import { Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type OwnPartsFragment, UpdateProfileDocument } from '../../gql/graphql';
import { useAct } from '../../ui/act';
import { type Field, FieldsForm, Follows, OwnPage, passwordField, Told, useTyped } from '../../ui/form';
import { Fact } from '../../ui/parts';
import { Support } from '../../ui/support';

export default function ProfilePage() {
  const { t } = useTranslation();
  return <OwnPage title={t('personal')}>{(own) => <div className="panel">{own.certificate.level === 'ALIAS' ? <Change own={own} /> : <Locked own={own} />}</div>}</OwnPage>;
}

// Locked shows what the certificate vouches for.
function Locked({ own }: { own: OwnPartsFragment }) {
  const { t, i18n } = useTranslation();
  const { firstName, middleName, lastName, birthDate } = own.profile;
  const born = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(birthDate));
  return (
    <>
      <Text mb="md">{t('certified')}</Text>
      <dl className="facts">
        <Fact name={t('firstName')}>{firstName}</Fact>
        {middleName && <Fact name={t('middleName')}>{middleName}</Fact>}
        <Fact name={t('lastName')}>{lastName}</Fact>
        <Fact name={t('birthDate')}>{born}</Fact>
      </dl>
      <Support />
    </>
  );
}

function Change({ own }: { own: OwnPartsFragment }) {
  const { t } = useTranslation();
  const typed = useTyped({ ...own.profile, middleName: own.profile.middleName ?? '' });
  const [done, setDone] = useState(false);
  const update = useAct(UpdateProfileDocument);
  const fields: Field[] = [
    { name: 'firstName', label: t('firstName'), complete: 'given-name' }, { name: 'middleName', label: t('middleName'), complete: 'additional-name', optional: true },
    { name: 'lastName', label: t('lastName'), complete: 'family-name' }, { name: 'birthDate', label: t('birthDate'), complete: 'bday', type: 'date' },
    passwordField(t('passwordNow')),
  ];

  async function save() {
    setDone(false);
    const profile = { firstName: typed.value('firstName'), middleName: typed.value('middleName') || null, lastName: typed.value('lastName'), birthDate: typed.value('birthDate') };
    const { payload } = await update.run({ input: { currentPassword: typed.value('currentPassword'), profile } });
    if (!payload) return;
    typed.set('currentPassword', '');
    setDone(true);
  }
  return (
    <FieldsForm fields={fields} typed={typed} {...update} submit={t('save')} onSubmit={() => void save()}>
      {done ? <Told>{t('profileSaved')}</Told> : <Follows items={[t('othersOut'), t('certifiedSoon')]} />}
    </FieldsForm>
  );
}
