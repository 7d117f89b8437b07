import { Button, List, Stack, Text, Title, VisuallyHidden } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { grouped } from '../../api/numbers';
import { type AccountChallengeFragment, CloseAccountDocument, OwnCurrenciesDocument } from '../../gql/graphql';
import { money, time } from '../../text/text';
import { useAct } from '../../ui/act';
import { FieldsForm, Follows, OwnPage, passwordField, useTyped } from '../../ui/form';
import { useLiveQuery } from '../../ui/live-query';
import { CodeForm, type Proof, resent } from '../../ui/parts';
import { KeepAccount } from '../../ui/keep-account';
import { useStep } from '../../ui/step';

export default function ClosingPage() {
  const { t } = useTranslation();
  return (
    <OwnPage title={t('closeTitle')} titleOf={(own) => t(own.closesAt ? 'closingTitle' : 'closeTitle')}>
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
  const { back, leave } = useStep(!!challenge, () => { close.clear(); setChallenge(undefined); });

  async function go(proof?: Proof) {
    const { payload } = await close.run({ input: { currentPassword: typed.value('currentPassword'), ...proof } });
    if (!payload) return;
    if (payload.challenge) return setChallenge(payload.challenge);
    await leave();
    onDone();
  }
  if (challenge) {
    return (
      <>
        <Title order={2} size="h4">{t('closeConfirm')}</Title>
        <CodeForm challenge={challenge} onChallenge={(next) => setChallenge(resent(next))} onProof={(proof) => void go(proof)} busy={close.busy} problems={close.problems} error={close.error} submit={t('closeContinue')} color="red" />
        <Button variant="subtle" onClick={back}>{t('cancel')}</Button>
      </>
    );
  }
  return (
    <>
      <Text>{t('closeHint')}</Text>
      <Conditions />
      <FieldsForm fields={[passwordField(t('passwordNow'))]} typed={typed} {...close} submit={t('closeContinue')} color="red" onSubmit={() => void go()}>
        <Follows items={[t('closeIncoming'), t('closeNow'), t('closeFollows2'), t('closeFollows3')]} />
      </FieldsForm>
    </>
  );
}

// Mark says whether a condition is met; of one that only the server knows it says nothing.
function Mark({ met }: { met?: boolean }) {
  const { t } = useTranslation();
  if (met === undefined) return <span aria-hidden="true" className="tick">•</span>;
  return <><span aria-hidden="true" className="tick">{met ? '✓' : '○'}</span><VisuallyHidden>{t(met ? 'met' : 'notMet')}</VisuallyHidden></>;
}

// Conditions says what must be so first, and which wallets still hold something.
function Conditions() {
  const { t } = useTranslation();
  const [{ data }] = useLiveQuery(OwnCurrenciesDocument, {});
  const full = data?.viewer?.wallets.filter((w) => Number(w.balance.amount) !== 0) ?? [];
  return (
    <section aria-labelledby="conditions">
      <Text fw={600} id="conditions" mb={4}>{t('closeNeeds')}</Text>
      <List spacing={4} styles={{ itemWrapper: { alignItems: 'flex-start' } }}>
        <List.Item icon={<Mark met={data && full.length === 0} />}>{t('closeEmpty')}
          {full.length > 0 && <List size="sm">{full.map((w) => <List.Item key={w.id}>{t('closeNotEmpty', { wallet: grouped(w.number), amount: money(w.balance) })}</List.Item>)}</List>}
        </List.Item>
        <List.Item icon={<Mark />}>{t('closeNoWaiting')}</List.Item>
      </List>
    </section>
  );
}
