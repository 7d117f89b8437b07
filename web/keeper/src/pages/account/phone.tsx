import { Anchor, Button, Stack, Text } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { serverNow } from '../../api/network';
import { shown } from '../../api/phones';
import { signOut } from '../../api/session';
import { isUndecidedHere } from '../../api/undecided';
import { type AccountChallengeFragment, ChangePhoneDocument, ConfirmPhoneChangeDocument, type OwnPartsFragment } from '../../gql/graphql';
import { Failure, of, Problems, useAct } from '../../ui/act';
import { FieldsForm, Finished, Follows, OwnPage, passwordField, useTyped } from '../../ui/form';
import { useKept } from '../../ui/kept';
import { CodeField, Resend, Waiting } from '../../ui/parts';

const PhoneField = lazy(() => import('../../ui/phone-field'));

type Begun = { phone: string; old: AccountChallengeFragment; fresh: AccountChallengeFragment };

export default function PhonePage() {
  const { t } = useTranslation();
  return <OwnPage title={t('phone')}>{(own) => <Stack className="panel"><Own own={own} /></Stack>}</OwnPage>;
}

// Own keeps a change that was begun for the person who began it.
function Own({ own }: { own: OwnPartsFragment }) {
  const { t } = useTranslation();
  const [begun, setBegun] = useKept<Begun>(`keeper.new-phone.${own.id}`);
  const [done, setDone] = useState<string>();
  return (
    <>
      <div>
        <Text size="sm" c="dimmed">{t('phoneNow')}</Text>
        <Text fw={600}>{shown(done ?? own.phone)}</Text>
      </div>
      {done ? <Finished>{t('phoneDone', { phone: shown(done) })}</Finished> : begun && Date.parse(begun.fresh.expiresAt) > serverNow()
        ? <Codes begun={begun} onBegun={setBegun} onDone={() => { setDone(begun.phone); setBegun(undefined); }} />
        : <Begin phone={shown(own.phone)} isVerified={own.email.verified} me={own.id} onBegun={setBegun} />}
    </>
  );
}

function Begin({ me, phone, isVerified, onBegun }: { me: string; phone: string; isVerified: boolean; onBegun: (begun: Begun) => void }) {
  const { t } = useTranslation();
  const typed = useTyped();
  const change = useAct(ChangePhoneDocument);

  async function begin() {
    const newPhone = typed.value('newPhone');
    const { payload } = await change.run({ input: { newPhone, currentPassword: typed.value('currentPassword') } });
    if (payload?.oldPhoneChallenge && payload.newPhoneChallenge) onBegun({ phone: newPhone, old: payload.oldPhoneChallenge, fresh: payload.newPhoneChallenge });
  }
  const number = <Suspense fallback={<Waiting rows={2} />}><PhoneField name="newPhone" label={t('newPhone')} value={typed.value('newPhone')} onChange={(phone) => typed.set('newPhone', phone)} error={of(change.problems, 'newPhone')} /></Suspense>;
  return (
    <>
      <FieldsForm fields={[passwordField(t('passwordNow'))]} before={number} besides={['newPhone']} typed={typed} {...change} submit={t('sendCodes')} onSubmit={() => void begin()}>
        <Follows items={[t('phoneFollows1', { phone }), t('othersOut'), t('phoneFollows2')]} />
      </FieldsForm>
      {isVerified ? <Lost me={me} /> : <Text size="sm">{t('phoneLost')} {t('phoneLostEmail')} <Anchor component={Link} to="/settings/email" underline="always">{t('confirmEmail')}</Anchor></Text>}
    </>
  );
}

// Lost leads to the way back without the phone, which is for whoever is logged out: it says so before it logs out.
function Lost({ me }: { me: string }) {
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
          <Follows items={[t('phoneLostOut'), ...(isUndecidedHere(me) ? [t('outUndecided')] : []), t('lostFollows1'), t('lostFollows2'), t('lostFollows3')]} />
          <Button variant="default" loading={leaving} onClick={leave}>{t('phoneLostGo')}</Button>
        </>
      )}
    </Stack>
  );
}

function Codes({ begun, onBegun, onDone }: { begun: Begun; onBegun: (begun?: Begun) => void; onDone: () => void }) {
  const { t } = useTranslation();
  const typed = useTyped();
  const [pressed, setPressed] = useState(false);
  const confirm = useAct(ConfirmPhoneChangeDocument);
  const code = (name: string) => typed.value(name).replace(/\s/g, '');
  const isAt = (name: string) => confirm.problems.find((p) => p.field?.at(-1) === name);

  async function finish() {
    setPressed(true);
    if (!code('oldPhoneCode') || !code('newPhoneCode')) return;
    const { payload } = await confirm.run({ input: { oldPhoneCode: code('oldPhoneCode'), newPhoneCode: code('newPhoneCode') } });
    if (payload) onDone();
  }
  const sides = [
    { name: 'oldPhoneCode', label: t('codeCurrent'), number: t('phoneNow'), challenge: begun.old, to: begun.old.sentTo, on: (old: AccountChallengeFragment) => onBegun({ ...begun, old }) },
    { name: 'newPhoneCode', label: t('newCode'), number: t('newNumber'), challenge: begun.fresh, to: shown(begun.phone), on: (fresh: AccountChallengeFragment) => onBegun({ ...begun, fresh }) },
  ];
  return (
    <form noValidate onSubmit={(e) => { e.preventDefault(); void finish(); }}>
      <Stack gap="lg">
        {sides.map(({ name, label, number, challenge, to, on }, i) => (
          <Stack key={name} gap="xs">
            <CodeField first={i === 0} name={name} label={label} hint={challenge.method === 'SMS' ? t('codeGoesTo', { to }) : t('codeFromApp')} inputMode={challenge.method === 'SMS' ? 'numeric' : 'text'}
              value={typed.value(name)} onChange={(text) => typed.set(name, text)} refusal={isAt(name)} missing={pressed && !code(name) ? t('codeMissing') : undefined} />
            {challenge.delivery === 'ABANDONED' && <Failure>{t('codeLost')}</Failure>}
            {challenge.method === 'SMS' && <Resend label={number} challenge={challenge} onChallenge={on} needed={challenge.delivery === 'ABANDONED'} />}
          </Stack>
        ))}
        <Problems problems={confirm.problems.filter((p) => !sides.some((side) => side.name === p.field?.at(-1)))} error={confirm.error} />
        <Button type="submit" loading={confirm.busy}>{t('confirm')}</Button>
        <Button variant="subtle" onClick={() => onBegun(undefined)}>{t('startOver')}</Button>
      </Stack>
    </form>
  );
}
