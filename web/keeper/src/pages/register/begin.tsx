import { Button, Stack, Text, TextInput } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { shown } from '../../api/phones';
import { type ChallengePartsFragment, type RegistrationPartsFragment, StartRegistrationDocument, SubmitProfileDocument, VerifyPhoneDocument } from '../../gql/graphql';
import { of, Problems, useAct } from '../../ui/act';
import { useAlive } from '../../ui/alive';
import { CodeForm, Waiting } from '../../ui/parts';
import type { useRegistration } from './flow';

const PhoneField = lazy(() => import('../../ui/phone-field'));

type Flow = ReturnType<typeof useRegistration>;
type StepProps = { onDone: Flow['goOn']; onLate: Flow['know']; onBack: () => void }; // late is what comes when one has gone elsewhere


const plain = (phone: string) => phone.replace(/\D/g, '');

// Phone begins a registration; who comes back to it with the same number goes on with the one there is.
export function Phone({ phone, onPhone, begun, onDone, onLate, onBack }: StepProps & { phone: string; onPhone: (phone: string) => void; begun?: string }) {
  const { t, i18n } = useTranslation();
  const start = useAct(StartRegistrationDocument);
  const isHere = useAlive();
  async function send() {
    if (begun && plain(phone) === plain(begun)) return onBack();
    const led = await start.run({ input: { phone, locale: i18n.language === 'ru' ? 'RU' : 'EN' } });
    await (isHere() ? onDone : onLate)(led);
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); void send(); }}>
      <Stack>
        {begun && <Text>{t('numberAnew')}</Text>}
        <Suspense fallback={<Waiting rows={2} />}><PhoneField value={phone} onChange={onPhone} error={of(start.problems, 'phone')} /></Suspense>
        <Problems problems={start.problems.filter((p) => p.field?.at(-1) !== 'phone')} error={start.error} />
        <Button type="submit" loading={start.busy}>{t('continue')}</Button>
        {begun && <Button variant="subtle" onClick={() => { onPhone(begun); onBack(); }}>{t('keepNumber', { phone: shown(begun) })}</Button>}
      </Stack>
    </form>
  );
}

const fields = [
  { name: 'firstName', complete: 'given-name', needed: true }, { name: 'middleName', complete: 'additional-name', needed: false },
  { name: 'lastName', complete: 'family-name', needed: true }, { name: 'birthDate', complete: 'bday', needed: true, type: 'date' },
  { name: 'email', complete: 'email', needed: true, type: 'email' }, { name: 'securityQuestion', complete: 'off', needed: true },
  { name: 'securityAnswer', complete: 'off', needed: true },
] as const;

type ProfileProps = StepProps & {
  token: string; typed: Record<string, string>; onTyped: (part: Record<string, string>) => void; wasSubmitted: boolean; onPhone: () => void;
};

// Profile asks who one is. The server does not tell what it was told: after a reload, whoever comes back here need not fill it in again.
export function Profile({ token, typed, onTyped, wasSubmitted, onDone, onLate, onPhone, onBack }: ProfileProps) {
  const { t } = useTranslation();
  const submit = useAct(SubmitProfileDocument);
  const isHere = useAlive();
  const value = (name: string) => typed[name] ?? '';
  const [anew, setAnew] = useState(false);

  async function send() {
    const profile = { firstName: value('firstName'), middleName: value('middleName') || null, lastName: value('lastName'), birthDate: value('birthDate') };
    const led = await submit.run({ input: { token, profile, email: value('email'), securityQuestion: value('securityQuestion'), securityAnswer: value('securityAnswer') } });
    await (isHere() ? onDone : onLate)(led);
  }
  if (wasSubmitted && !anew && Object.keys(typed).length === 0) {
    return (
      <Stack>
        <Text>{t('profileKept')}</Text>
        <Button onClick={onBack}>{t('continue')}</Button>
        <Button variant="default" onClick={() => setAnew(true)}>{t('profileAnew')}</Button>
        <Button variant="subtle" onClick={onPhone}>{t('changeNumber')}</Button>
      </Stack>
    );
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); void send(); }}>
      <Stack>
        {fields.map((f) => (
          <TextInput key={f.name} label={t(f.name)} name={f.name} autoComplete={f.complete} required={f.needed} autoFocus={anew && f.name === 'firstName'} value={value(f.name)} error={of(submit.problems, f.name)}
            type={'type' in f ? f.type : 'text'} maxLength={200} description={f.name === 'securityQuestion' ? t('securityHint') : undefined}
            onChange={(e) => onTyped({ [f.name]: e.currentTarget.value })} />
        ))}
        <Problems problems={submit.problems.filter((p) => !fields.some((f) => f.name === p.field?.at(-1)))} error={submit.error} />
        <Button type="submit" loading={submit.busy}>{t('continue')}</Button>
        {wasSubmitted && <Button variant="default" onClick={onBack}>{t('goOnUnchanged')}</Button>}
        <Button variant="subtle" onClick={onPhone}>{t('changeNumber')}</Button>
      </Stack>
    </form>
  );
}

type CodeProps = StepProps & { registration: RegistrationPartsFragment; onChallenge: (next: ChallengePartsFragment) => void };

// Code takes the phone's code.
export function Code({ registration, onChallenge, onLate, onDone, onBack }: CodeProps) {
  const { t } = useTranslation();
  const isHere = useAlive();
  const verify = useAct(VerifyPhoneDocument);
  async function answer(code: string) {
    const led = await verify.run({ input: { token: registration.token, code } });
    await (isHere() ? onDone : onLate)(led);
  }
  return (
    <>
      <CodeForm challenge={registration.challenge!} busy={verify.busy} onChallenge={onChallenge} problems={verify.problems} error={verify.error}
        onProof={(proof) => void ('code' in proof && answer(proof.code))} />
      <Button variant="subtle" onClick={onBack}>{t('back')}</Button>
    </>
  );
}
