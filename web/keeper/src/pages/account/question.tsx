import { Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ChangeQuestionDocument } from '../../gql/graphql';
import { useAct } from '../../ui/act';
import { type Field, FieldsForm, Finished, Follows, OwnPage, passwordField, useTyped } from '../../ui/form';

export default function QuestionPage() {
  const { t } = useTranslation();
  return (
    <OwnPage title={t('securityQuestion')}>
      {(own) => (
        <Stack className="panel">
          <div>
            <Text size="sm" c="dimmed">{t('questionNow')}</Text>
            <Text fw={600} style={{ overflowWrap: 'anywhere' }}>{own.securityQuestion}</Text>
          </div>
          <Change />
        </Stack>
      )}
    </OwnPage>
  );
}

function Change() {
  const { t } = useTranslation();
  const typed = useTyped();
  const [done, setDone] = useState(false);
  const change = useAct(ChangeQuestionDocument);
  const fields: Field[] = [{ name: 'question', label: t('newQuestion'), hint: t('securityHint') }, { name: 'answer', label: t('newAnswer'), hint: t('questionHint') }, passwordField(t('passwordNow'))];

  async function save() {
    const { payload } = await change.run({ input: { currentPassword: typed.value('currentPassword'), question: typed.value('question'), answer: typed.value('answer') } });
    if (!payload) return;
    setDone(true);
  }
  if (done) return <Finished>{t('questionDone')}</Finished>;
  return (
    <FieldsForm fields={fields} typed={typed} {...change} submit={t('save')} onSubmit={() => void save()}>
      <Follows items={[t('questionFollows1'), t('othersOut')]} />
    </FieldsForm>
  );
}
