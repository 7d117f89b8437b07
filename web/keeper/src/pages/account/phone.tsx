import { Button, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { signOut } from '../../api/session';
import { type AccountChallengeFragment, ChangePhoneDocument, ConfirmPhoneChangeDocument, ResendCodeDocument } from '../../gql/graphql';
import { Problems, useAct } from '../../ui/act';
import { FieldsForm, Follows, OwnPage, passwordField, Told, useTyped } from '../../ui/form';
import { useKept } from '../../ui/kept';
import { useSecondsUntil } from '../../ui/parts';

type Begun = { phone: string; old: AccountChallengeFragment; fresh: AccountChallengeFragment };

export default function PhonePage() {
  const { t } = useTranslation();
  const [begun, setBegun] = useKept<Begun>('keeper.new-phone');
  const [done, setDone] = useState(false);
  return (
    <OwnPage title={t('phone')}>
      {(own) => (
        <Stack className="panel">
          <Text fw={600}>{own.phone}</Text>
          {done && <Told>{t('phoneDone', { phone: own.phone })}</Told>}
          {begun && Date.parse(begun.fresh.expiresAt) > Date.now()
            ? <Codes begun={begun} onBegun={setBegun} onDone={() => { setBegun(undefined); setDone(true); }} />
            : <Begin phone={own.phone} onBegun={(next) => { setDone(false); setBegun(next); }} />}
        </Stack>
      )}
    </OwnPage>
  );
}

function Begin({ phone, onBegun }: { phone: string; onBegun: (begun: Begun) => void }) {
  const { t } = useTranslation();
  const typed = useTyped({ newPhone: '+' });
  const change = useAct(ChangePhoneDocument);

  async function begin() {
    const newPhone = typed.value('newPhone');
    const { payload } = await change.run({ input: { newPhone, currentPassword: typed.value('currentPassword') } });
    if (payload?.oldPhoneChallenge && payload.newPhoneChallenge) onBegun({ phone: newPhone, old: payload.oldPhoneChallenge, fresh: payload.newPhoneChallenge });
  }
  return (
    <>
      <FieldsForm fields={[{ name: 'newPhone', label: t('newPhone'), hint: t('phoneHint'), type: 'tel', complete: 'tel' }, passwordField(t('currentPassword'))]} typed={typed} {...change} submit={t('sendCodes')} onSubmit={() => void begin()}>
        <Follows items={[t('phoneFollows1', { phone }), t('othersOut'), t('phoneFollows2')]} />
      </FieldsForm>
      <Lost />
    </>
  );
}

// Lost leads to the way back without the phone, which is for whoever is logged out: it says so before it logs out.
function Lost() {
  const { t } = useTranslation();
  const go = useNavigate();
  const [asked, setAsked] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const leave = () => { setLeaving(true); void signOut().then(() => go('/recovery/phone')); };
  return (
    <Stack gap="xs">
      <Text size="sm">{t('phoneLost')}</Text>
      <Button variant="default" aria-expanded={asked} onClick={() => setAsked(!asked)}>{t('phoneLostWay')}</Button>
      {asked && (
        <>
          <Follows items={[t('phoneLostOut'), t('lostFollows1'), t('lostFollows2')]} />
          <Button variant="default" loading={leaving} onClick={leave}>{t('phoneLostGo')}</Button>
        </>
      )}
    </Stack>
  );
}

function Codes({ begun, onBegun, onDone }: { begun: Begun; onBegun: (begun?: Begun) => void; onDone: () => void }) {
  const { t } = useTranslation();
  const typed = useTyped();
  const confirm = useAct(ConfirmPhoneChangeDocument);
  const code = (name: string) => typed.value(name).replace(/\s/g, '');

  async function finish() {
    const { payload } = await confirm.run({ input: { oldPhoneCode: code('oldPhoneCode'), newPhoneCode: code('newPhoneCode') } });
    if (payload) onDone();
  }
  const sentTo = (c: AccountChallengeFragment) => (c.sentTo ? t('codeGoesTo', { to: c.sentTo }) : t('codeFromApp'));
  return (
    <>
      <FieldsForm fields={[{ name: 'oldPhoneCode', label: t('oldCode'), hint: sentTo(begun.old), complete: 'one-time-code' }, { name: 'newPhoneCode', label: t('newCode'), hint: sentTo(begun.fresh) }]}
        typed={typed} {...confirm} submit={t('confirm')} onSubmit={() => void finish()}>
        <Again label={t('oldNumber')} challenge={begun.old} onChallenge={(old) => onBegun({ ...begun, old })} />
        <Again label={t('newNumber')} challenge={begun.fresh} onChallenge={(fresh) => onBegun({ ...begun, fresh })} />
      </FieldsForm>
      <Button variant="subtle" onClick={() => onBegun(undefined)}>{t('startOver')}</Button>
    </>
  );
}

// Again asks for another of the two codes when its time has come.
function Again({ label, challenge, onChallenge }: { label: string; challenge: AccountChallengeFragment; onChallenge: (next: AccountChallengeFragment) => void }) {
  const { t } = useTranslation();
  const resend = useAct(ResendCodeDocument);
  const seconds = useSecondsUntil(challenge.resendAt);
  if (challenge.method !== 'SMS') return null;
  return (
    <div>
      <Button variant="subtle" fullWidth disabled={seconds > 0} loading={resend.busy} onClick={async () => { const { payload } = await resend.run({ input: { challengeId: challenge.id } }); if (payload?.challenge) onChallenge(payload.challenge); }}>
        {label}: {seconds > 0 ? t('resendIn', { seconds }) : t('resend')}
      </Button>
      {challenge.delivery === 'ABANDONED' && <Text c="red" role="alert">{t('codeLost')}</Text>}
      <Problems problems={resend.problems} error={resend.error} />
    </div>
  );
}
