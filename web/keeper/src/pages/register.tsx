import { Anchor, Button, Checkbox, Loader, Modal, Progress, Stack, Text, TextInput } from '@mantine/core';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { useQuery } from 'urql';
import { adopt } from '../api/session';
import {
  AgreementsDocument, CompleteRegistrationDocument, RegistrationDocument, type RegistrationPartsFragment, StartRegistrationDocument, SubmitProfileDocument, VerifyPhoneDocument,
} from '../gql/graphql';
import { of, Problems, useAct } from '../ui/act';
import { agree, NewPassword } from '../ui/new-password';
import { CodeForm, Copyable, Waiting } from '../ui/parts';
import { device, Narrow } from './login';

const PhoneField = lazy(() => import('../ui/phone-field'));

// The registration's token is kept for this tab alone, so that a reload goes on; it opens no account by itself without the code.
const KEPT = 'keeper.registration';
const STEPS = 5;

type Step = 'phone' | 'profile' | 'code' | 'password' | 'done';

const stepOf = (r: RegistrationPartsFragment | undefined): Step =>
  !r ? 'phone' : r.nextStep === 'SUBMIT_PROFILE' ? 'profile' : r.nextStep === 'VERIFY_PHONE' ? 'code' : 'password';

export default function Register() {
  const { t, i18n } = useTranslation();
  const kept = sessionStorage.getItem(KEPT);
  const [resumed] = useQuery({ query: RegistrationDocument, variables: { token: kept ?? '' }, pause: !kept });
  const [registration, setRegistration] = useState<RegistrationPartsFragment>();
  const [wmid, setWmid] = useState<string>();
  const [back, setBack] = useState(false); // to correct the profile, before the code

  useEffect(() => {
    if (resumed.data?.registration && !registration) setRegistration(resumed.data.registration);
  }, [resumed.data, registration]);

  function keep(next: RegistrationPartsFragment | null | undefined) {
    if (!next) return;
    sessionStorage.setItem(KEPT, next.token);
    setBack(false);
    setRegistration(next);
  }
  if (kept && resumed.fetching) return <Narrow title={t('register')}><Loader aria-label="…" /></Narrow>;
  if (registration?.nextStep === 'LOG_IN' && !wmid) return <Known phone={registration.phone} />;

  const step: Step = wmid ? 'done' : back ? 'profile' : stepOf(registration);
  const at = ['phone', 'profile', 'code', 'password', 'done'].indexOf(step) + 1;
  const title = { phone: t('stepPhone'), profile: t('stepProfile'), code: t('stepCode'), password: t('stepPassword'), done: t('stepDone') }[step];
  return (
    <Narrow title={title}>
      <div>
        <Text size="sm" c="dimmed" mb={6}>{t('stepOf', { step: at, steps: STEPS })}</Text>
        <Progress value={(at / STEPS) * 100} aria-label={t('stepOf', { step: at, steps: STEPS })} />
      </div>
      {resumed.data?.registration && step !== 'done' && <Text size="sm" role="status">{t('resume')}</Text>}
      {step === 'phone' && <Phone locale={i18n.language === 'ru' ? 'RU' : 'EN'} onDone={keep} />}
      {step === 'profile' && registration && <Profile token={registration.token} onDone={keep} />}
      {step === 'code' && registration?.challenge && <Code registration={registration} onDone={keep} onBack={() => setBack(true)} />}
      {step === 'password' && registration && <Password token={registration.token} onDone={setWmid} />}
      {step === 'done' && <Done wmid={wmid!} />}
      {step === 'phone' && <Text>{t('haveAccount')} <Anchor component={Link} to="/login" underline="always">{t('logIn')}</Anchor></Text>}
    </Narrow>
  );
}

function Known({ phone }: { phone: string }) {
  const { t } = useTranslation();
  return (
    <Narrow title={t('logIn')}>
      <Text role="status">{t('phoneKnown')}</Text>
      <Button component={Link} to="/login" state={{ login: phone }} onClick={() => sessionStorage.removeItem(KEPT)}>{t('logIn')}</Button>
    </Narrow>
  );
}

type StepProps = { onDone: (next: RegistrationPartsFragment | null | undefined) => void };

function Phone({ locale, onDone }: StepProps & { locale: 'EN' | 'RU' }) {
  const { t } = useTranslation();
  const [phone, setPhone] = useState('');
  const start = useAct(StartRegistrationDocument);
  return (
    <form onSubmit={async (e) => { e.preventDefault(); onDone((await start.run({ input: { phone, locale } })).payload?.registration); }}>
      <Stack>
        <Suspense fallback={<Waiting rows={2} />}><PhoneField value={phone} onChange={setPhone} error={of(start.problems, 'phone')} /></Suspense>
        <Problems problems={start.problems.filter((p) => p.field?.at(-1) !== 'phone')} error={start.error} />
        <Button type="submit" loading={start.busy}>{t('continue')}</Button>
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

function Profile({ token, onDone }: StepProps & { token: string }) {
  const { t } = useTranslation();
  const submit = useAct(SubmitProfileDocument);
  const [typed, setTyped] = useState<Record<string, string>>({});
  const value = (name: string) => typed[name] ?? '';

  async function send() {
    const profile = { firstName: value('firstName'), middleName: value('middleName') || null, lastName: value('lastName'), birthDate: value('birthDate') };
    const { payload } = await submit.run({ input: { token, profile, email: value('email'), securityQuestion: value('securityQuestion'), securityAnswer: value('securityAnswer') } });
    onDone(payload?.registration);
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); void send(); }}>
      <Stack>
        {fields.map((f) => (
          <TextInput key={f.name} label={t(f.name)} name={f.name} autoComplete={f.complete} required={f.needed} value={value(f.name)} error={of(submit.problems, f.name)}
            type={'type' in f ? f.type : 'text'} maxLength={200} description={f.name === 'securityQuestion' ? t('securityHint') : undefined}
            onChange={(e) => { const text = e.currentTarget.value; setTyped((was) => ({ ...was, [f.name]: text })); }} />
        ))}
        <Problems problems={submit.problems.filter((p) => !fields.some((f) => f.name === p.field?.at(-1)))} error={submit.error} />
        <Button type="submit" loading={submit.busy}>{t('continue')}</Button>
      </Stack>
    </form>
  );
}

function Code({ registration, onDone, onBack }: StepProps & { registration: RegistrationPartsFragment; onBack: () => void }) {
  const { t } = useTranslation();
  const verify = useAct(VerifyPhoneDocument);
  return (
    <>
      <CodeForm challenge={registration.challenge!} busy={verify.busy} onChallenge={(challenge) => onDone({ ...registration, challenge })}
        onProof={async (proof) => 'code' in proof && onDone((await verify.run({ input: { token: registration.token, code: proof.code } })).payload?.registration)}>
        <Problems problems={verify.problems} error={verify.error} />
      </CodeForm>
      <Button variant="subtle" onClick={onBack}>{t('back')}</Button>
    </>
  );
}

function Password({ token, onDone }: { token: string; onDone: (wmid: string) => void }) {
  const { t } = useTranslation();
  const [{ data }] = useQuery({ query: AgreementsDocument });
  const [typed, setTyped] = useState({ password: '', again: '' });
  const [accepted, setAccepted] = useState<string[]>([]);
  const [reading, setReading] = useState<{ title: string; text: string }>();
  const complete = useAct(CompleteRegistrationDocument);
  const agreements = data?.agreements ?? [];

  async function finish() {
    const { payload } = await complete.run({ input: { token, password: typed.password, passwordConfirmation: typed.again, acceptedAgreements: accepted, device: device() } });
    if (!payload?.account || !payload.tokens) return;
    sessionStorage.removeItem(KEPT);
    onDone(payload.account.wmid);
    await adopt(payload.tokens, () => undefined); // the WMID is on the screen meanwhile
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); void finish(); }}>
      <Stack>
        <NewPassword label={t('password')} typed={typed} onTyped={setTyped} error={of(complete.problems, 'password')} />
        {agreements.map((a) => (
          <Stack key={a.id} gap={4}>
            <Checkbox label={t('agree', { title: a.title })} checked={accepted.includes(a.id)} required
              onChange={(e) => { const on = e.currentTarget.checked; setAccepted((was) => (on ? [...was, a.id] : was.filter((id) => id !== a.id))); }} />
            <Anchor component="button" type="button" size="sm" ta="left" underline="always" onClick={() => setReading(a)}>{t('readAgreement')}: {a.title}</Anchor>
          </Stack>
        ))}
        <Problems problems={complete.problems.filter((p) => p.field?.at(-1) !== 'password')} error={complete.error} />
        <Button type="submit" loading={complete.busy} disabled={!agree(typed) || accepted.length < agreements.length || agreements.length === 0}>{t('register')}</Button>
      </Stack>
      <Modal opened={!!reading} onClose={() => setReading(undefined)} title={reading?.title} closeButtonProps={{ 'aria-label': t('close') }}><Text style={{ whiteSpace: 'pre-wrap' }}>{reading?.text}</Text></Modal>
    </form>
  );
}

function Done({ wmid }: { wmid: string }) {
  const { t } = useTranslation();
  const go = useNavigate();
  return (
    <Stack align="center">
      <Text>{t('yourWmid')}</Text>
      <Text component="div" size="xl" fw={700} data-testid="wmid"><Copyable text={wmid} /></Text>
      <Text c="dimmed" ta="center">{t('wmidHint')}</Text>
      <Button onClick={() => go('/wallets')}>{t('start')}</Button>
    </Stack>
  );
}
