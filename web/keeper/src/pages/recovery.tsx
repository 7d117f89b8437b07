import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import '../text/account';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { readLogin } from '../api/numbers';
import { type ChallengePartsFragment, CompleteRecoveryDocument, StartRecoveryDocument, VerifyRecoveryDocument } from '../gql/graphql';
import { of, Problems, useAct } from '../ui/act';
import { useAlive } from '../ui/alive';
import { Follows, Told } from '../ui/form';
import { useKept } from '../ui/kept';
import { Narrow, Ways } from '../ui/narrow';
import { agree, NewPassword, useMissing } from '../ui/new-password';
import { CodeForm, resent } from '../ui/parts';
import { usePayLink } from '../ui/pay-link';
import { useStep } from '../ui/step';

type Proved = { token: string; securityQuestion?: string | null; totpRequired: boolean };
type Done = { login: string; sure: boolean };

// Recovery leads back in with a code to the phone. The API reads none back, so a reload begins it anew, and says so: what is kept is the login alone.
export default function Recovery() {
  const { t } = useTranslation();
  const pay = usePayLink();
  const [kept, keep] = useKept<{ login: string }>('keeper.recovery');
  const [interrupted] = useState(!!kept);
  const [login, setLogin] = useState(kept?.login ?? '');
  const [token, setToken] = useState('');
  const [challenge, setChallenge] = useState<ChallengePartsFragment>();
  const [proved, setProved] = useState<Proved>();
  const [done, setDone] = useState<Done>();
  const start = useAct(StartRecoveryDocument);
  const isHere = useAlive();
  const verify = useAct(VerifyRecoveryDocument);

  async function begin() {
    const { payload } = await start.run({ input: { login: readLogin(login) } });
    if (!payload?.recovery || !isHere()) return;
    keep({ login });
    setToken(payload.recovery.token);
    setChallenge(payload.recovery.challenge ?? undefined);
  }
  async function answer(code: string) {
    const { payload } = await verify.run({ input: { token, code } });
    if (payload?.recovery) setProved({ ...payload.recovery, token });
  }
  const anew = () => { verify.clear(); keep(undefined); setChallenge(undefined); };
  const { back, leave } = useStep(!!challenge && !done, anew);
  const step = done ? 'done' : !challenge ? 'login' : proved?.token === token ? 'password' : 'code';
  const title = { login: t('recovery'), code: t('enterCode'), password: t('newPassword'), done: t(done?.sure ? 'log_RECOVERED' : 'recovery') }[step];
  return (
    <Narrow title={title} step={{ name: step, at: ['login', 'code', 'password'].indexOf(step) + 1, of: 3 }}>
      {step === 'done' && <Recovered {...done!} />}
      {step === 'password' && <Change login={login} {...proved!} onDone={(what) => { keep(undefined); void leave().then(() => setDone(what)); }} />}
      {step === 'code' && (
        <CodeForm challenge={challenge!} onChallenge={(next) => setChallenge(resent(next))} onProof={(proof) => void ('code' in proof && answer(proof.code))} busy={verify.busy} secret problems={verify.problems} error={verify.error} />
      )}
      {step === 'login' && (
        <form onSubmit={(e) => { e.preventDefault(); void begin(); }}>
          <Stack>
            {interrupted && <Text role="status">{t('recoveryAgain')}</Text>}
            <Text>{t('recoveryHint')}</Text>
            <TextInput label={t('login')} name="login" autoComplete="username" required autoFocus value={login} onChange={(e) => setLogin(e.currentTarget.value)} />
            <Problems problems={start.problems} error={start.error} />
            <Button type="submit" loading={start.busy}>{t('continue')}</Button>
          </Stack>
        </form>
      )}
      {step !== 'done' && (
        <Ways>
          {step !== 'login' && <Button variant="subtle" onClick={back}>{t('back')}</Button>}
          {step !== 'password' && <Button component={Link} variant="subtle" to={`/recovery/phone${pay}`} onClick={() => keep(undefined)}>{t('lostPhoneLink')}</Button>}
          <Button component={Link} variant="subtle" to={`/login${pay}`} onClick={() => keep(undefined)}>{t('toLogIn')}</Button>
        </Ways>
      )}
    </Narrow>
  );
}

function Change({ token, login, securityQuestion, totpRequired, onDone }: Proved & { token: string; login: string; onDone: (done: Done) => void }) {
  const { t } = useTranslation();
  const [answer, setAnswer] = useState('');
  const [totp, setTotp] = useState('');
  const [typed, setTyped] = useState({ password: '', again: '' });
  const [lost, setLost] = useState(false); // an answer: then it may be done
  const complete = useAct(CompleteRecoveryDocument);
  const [wrongAnswer, wrongTotp, weak] = ['securityAnswer', 'totpCode', 'newPassword'].map((name) => of(complete.problems, name));
  const { form, missing, miss } = useMissing([wrongAnswer, wrongTotp, weak]);
  const noAnswer = wrongAnswer ?? (missing && !answer ? t('answerMissing') : undefined);
  const noTotp = wrongTotp ?? (missing && totpRequired && !totp ? t('codeMissing') : undefined);

  async function finish() {
    if (!answer || (totpRequired && !totp) || !agree(typed)) return miss();
    const led = await complete.run({ input: { token, securityAnswer: answer, totpCode: totp || null, newPassword: typed.password, newPasswordConfirmation: typed.again } });
    if (led.payload?.wmid) return onDone({ login: led.payload.wmid, sure: true });
    if (lost && led.problems.some((p) => p.field?.at(-1) === 'token')) return onDone({ login, sure: false });
    setLost(lost || led.undecided);
  }
  return (
    <form ref={form} noValidate onSubmit={(e) => { e.preventDefault(); void finish(); }}>
      <Stack>
        <PasswordInput label={securityQuestion ? t('questionLabel', { question: securityQuestion }) : t('securityAnswer')} name="securityAnswer" autoComplete="off" required value={answer} onChange={(e) => setAnswer(e.currentTarget.value)} error={noAnswer} aria-invalid={!!noAnswer} />
        {totpRequired && <TextInput label={t('lostFactor')} name="totpCode" autoComplete="one-time-code" required value={totp} onChange={(e) => setTotp(e.currentTarget.value)} error={noTotp} aria-invalid={!!noTotp} />}
        <NewPassword label={t('newPassword')} typed={typed} onTyped={setTyped} error={weak} missing={missing} />
        <Follows items={[t('lostFollows3')]} />
        <Problems problems={complete.problems.filter((p) => !['securityAnswer', 'totpCode', 'newPassword'].includes(p.field?.at(-1) ?? ''))} error={complete.error} />
        <Button type="submit" loading={complete.busy}>{t('save')}</Button>
      </Stack>
    </form>
  );
}

function Recovered({ login, sure }: Done) {
  const { t } = useTranslation();
  const go = useNavigate();
  const pay = usePayLink();
  return (
    <Stack>
      <Told>{t(sure ? 'recovered' : 'recoveredPerhaps')}</Told>
      <Button onClick={() => go(`/login${pay}`, { state: { login } })}>{t('logIn')}</Button>
    </Stack>
  );
}
