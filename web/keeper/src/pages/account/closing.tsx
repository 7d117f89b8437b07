import { List, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { grouped } from '../../api/numbers';
import { type AccountChallengeFragment, CloseAccountDocument, OwnCurrenciesDocument } from '../../gql/graphql';
import { money, time } from '../../text/text';
import { Problems, useAct } from '../../ui/act';
import { FieldsForm, Follows, OwnPage, passwordField, useTyped } from '../../ui/form';
import { useLiveQuery } from '../../ui/live-query';
import { CodeForm, type Proof } from '../../ui/parts';
import { KeepAccount } from '../../ui/keep-account';

export default function ClosingPage() {
  const { t } = useTranslation();
  return (
    <OwnPage title={t('closeTitle')}>
      {(own, again) => (
        <Stack className="panel">
          {own.closesAt ? (
            <>
              <Text role="status" fw={600}>{t('closingAt', { time: time(own.closesAt) })}</Text>
              <KeepAccount onDone={again} />
            </>
          ) : <Close onDone={again} />}
        </Stack>
      )}
    </OwnPage>
  );
}

function Close({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const typed = useTyped();
  const [challenge, setChallenge] = useState<AccountChallengeFragment>();
  const close = useAct(CloseAccountDocument);

  async function go(proof?: Proof) {
    const { payload } = await close.run({ input: { currentPassword: typed.value('currentPassword'), ...proof } });
    if (!payload) return;
    setChallenge(payload.challenge ?? undefined);
    if (!payload.challenge) onDone();
  }
  if (challenge) {
    return (
      <CodeForm challenge={challenge} onChallenge={setChallenge} onProof={(proof) => void go(proof)} busy={close.busy}>
        <Problems problems={close.problems} error={close.error} />
      </CodeForm>
    );
  }
  return (
    <>
      <Text>{t('closeHint')}</Text>
      <Conditions />
      <FieldsForm fields={[passwordField(t('currentPassword'))]} typed={typed} {...close} submit={t('closeContinue')} color="red" onSubmit={() => void go()}>
        <Follows items={[t('closeFollows1'), t('closeFollows2'), t('closeFollows3')]} />
      </FieldsForm>
    </>
  );
}

// Conditions says what must be so first, and which wallets still hold something.
function Conditions() {
  const { t } = useTranslation();
  const [{ data }] = useLiveQuery(OwnCurrenciesDocument, {});
  const full = data?.viewer?.wallets.filter((w) => Number(w.balance.amount) !== 0) ?? [];
  return (
    <section aria-labelledby="conditions">
      <Text fw={600} id="conditions" mb={4}>{t('closeNeeds')}</Text>
      <List spacing={4}>
        <List.Item>{t('closeEmpty')} {data && <b>({full.length === 0 ? t('met') : t('notMet')})</b>}
          {full.length > 0 && <List size="sm">{full.map((w) => <List.Item key={w.id}>{t('closeNotEmpty', { wallet: grouped(w.number), amount: money(w.balance) })}</List.Item>)}</List>}
        </List.Item>
        <List.Item>{t('closeNoWaiting')} ({t('closeCheck')})</List.Item>
      </List>
    </section>
  );
}
