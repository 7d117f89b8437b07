import { Button, Loader, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { useQuery } from 'urql';
import { forgetBegun, keepBegun, readBegun } from '../api/begun';
import { readLogin, unbroken } from '../api/numbers';
import { canUsePasskeys, sign } from '../api/passkeys';
import { type AccountChallengeFragment, AnswerLostPhoneDocument, CompleteLostPhoneDocument, LostPhoneDocument, type LostPhonePartsFragment, type ProblemFragment, SetRecoveryPhoneDocument, SignForRecoveryDocument, StartLostPhoneDocument } from '../gql/graphql';
import { time } from '../text/text';
import { Failure, of, Problems, useAct } from '../ui/act';
import { FieldsForm, Follows, Told, useTyped } from '../ui/form';
import { useKept } from '../ui/kept';
import { Narrow, NoAnswer, Ways } from '../ui/narrow';
import { agree, NewPassword, useMissing } from '../ui/new-password';
import { CodeField, Resend, resent, Waiting } from '../ui/parts';
import { usePayLink } from '../ui/pay-link';
import { useStep } from '../ui/step';

const PhoneField = lazy(() => import('../ui/phone-field'));

const STEPS = 6; // the login, the letter, the answer, the wait, the phone, its code

// LostPhone leads back in without the phone: a letter, the answer, two days, the new phone. Which step is due, the server says. Of a tab that is loaded anew the
// letter's token is handed back; it is never where scripts are kept what they may read.
export default function LostPhone() {
  const { t } = useTranslation();
  const pay = usePayLink();
  const [sent, setSent] = useKept<{ until: string }>('keeper.lost-phone');
  const [token, setToken] = useState<string>();
  const [asking, setAsking] = useState<'asking' | 'failed' | 'asked'>('asking');
  const [gone, setGone] = useState(false);
  const [{ data, error, fetching }, again] = useQuery({ query: LostPhoneDocument, variables: { token: token ?? '' }, pause: !token });
  const [answered, setAnswered] = useState<LostPhonePartsFragment>();
  const [done, setDone] = useState<{ login: string; sure: boolean }>();
  const recovery = answered ?? data?.lostPhoneRecovery;
  const look = () => { setAnswered(undefined); again({ requestPolicy: 'network-only' }); };
  const isReady = !!recovery?.readyAt && Date.parse(recovery.readyAt) <= Date.now();
  const [isLast, setLast] = useState(false);
  const step = token ? (!recovery?.readyAt ? 3 : !isReady ? 4 : isLast ? 6 : 5) : sent ? 2 : 1;
  const isOver = !!token && !recovery && !fetching && !error;

  async function resume() {
    setAsking('asking');
    try {
      const kept = await readBegun('lost-phone');
      setToken(kept.token);
      setGone(kept.gone);
      if (kept.gone) forgetBegun('lost-phone'); // it is said once
      setAsking('asked');
    } catch {
      setAsking('failed');
    }
  }
  useEffect(() => void resume(), []);

  function take(next: string) {
    keepBegun('lost-phone', next);
    setGone(false);
    setToken(next);
  }
  function forget() {
    forgetBegun('lost-phone');
    setAnswered(undefined);
    setSent(undefined);
    setToken(undefined);
  }
  if (done) return <Narrow title={t(done.sure ? 'log_RECOVERED' : 'lostTitlePhone')} step={{ name: 'done' }}><Done {...done} /></Narrow>;
  if (asking !== 'asked') {
    return <Narrow title={t('lostTitlePhone')} waits>{asking === 'asking' ? <Loader mx="auto" role="status" aria-label={t('lostTitlePhone')} /> : <NoAnswer retry={() => void resume()} />}</Narrow>;
  }
  const finish = (what: { login: string; sure: boolean }) => { forget(); setDone(what); };
  const name = token && recovery ? (isReady ? (isLast ? 'code' : 'phone') : recovery.readyAt ? 'wait' : 'answer') : `${step} ${token ? 'link' : ''}`;
  return (
    <Narrow title={t('lostTitlePhone')} step={{ name, at: isOver ? undefined : step, of: STEPS }}>
      {gone && <Text size="sm" role="status">{t('lostRunOut')}</Text>}
      {!token ? sent ? <Letter until={sent.until} onToken={take} /> : <Start onSent={(until) => setSent({ until })} />
        : recovery ? isReady ? <NewPhone token={token} onDone={finish} onLast={setLast} /> : recovery.readyAt ? <Wait readyAt={recovery.readyAt} onCheck={look} /> : <Answer token={token} recovery={recovery} onDone={setAnswered} />
          : fetching ? <Loader mx="auto" role="status" aria-label={t('lostTitlePhone')} /> : error ? <Problems error={error} retry={look} /> : <Failure>{t('lostGone')}</Failure>}
      {isOver && <Button onClick={forget}>{t('lostAgain')}</Button>}
      <Ways>
        {!token && !sent && <Button variant="subtle" onClick={() => setSent({ until: '' })}>{t('lostHaveLink')}</Button>}
        {(token || sent) && !isOver && !recovery?.readyAt && <Button variant="subtle" onClick={forget}>{t('lostAgain')}</Button>}
        <Button component={Link} variant="subtle" to={`/login${pay}`}>{t('toLogIn')}</Button>
      </Ways>
    </Narrow>
  );
}

function Start({ onSent }: { onSent: (until: string) => void }) {
  const { t } = useTranslation();
  const typed = useTyped();
  const start = useAct(StartLostPhoneDocument);
  const go = async () => {
    const { payload } = await start.run({ input: { login: readLogin(typed.value('login')) } });
    if (payload?.expiresAt) onSent(payload.expiresAt);
  };
  return (
    <FieldsForm fields={[{ name: 'login', label: t('login'), complete: 'username', hint: t('lostHintPhone') }]} typed={typed} {...start} submit={t('lostSend')} onSubmit={() => void go()}>
      <Follows items={[t('lostFollows1'), t('lostFollows2'), t('lostFollows3')]} />
    </FieldsForm>
  );
}

// tokenOf is what a letter's link carries; nothing where the link was cut.
function tokenOf(link: string) {
  try {
    return decodeURIComponent(/[#&?]token=([^&\s]+)/.exec(link)?.[1] ?? '');
  } catch {
    return '';
  }
}

// Letter waits for the letter's link: it opens a page of the server, which does the same; whoever would rather go on here pastes it.
function Letter({ until, onToken }: { until: string; onToken: (token: string) => void }) {
  const { t } = useTranslation();
  const [link, setLink] = useState('');
  const [wrong, setWrong] = useState(false);
  return (
    <form onSubmit={(e) => { e.preventDefault(); const token = tokenOf(link); setWrong(!token); if (token) onToken(token); }}>
      <Stack>
        {until && <Text>{t('lostSent', { time: time(until) })}</Text>}
        <TextInput label={t('lostLink')} description={t('lostLinkHint')} name="link" autoComplete="off" required maxLength={600} value={link} onChange={(e) => setLink(e.currentTarget.value)} error={wrong ? t('lostLinkBad') : undefined} />
        <Button type="submit">{t('continue')}</Button>
      </Stack>
    </form>
  );
}

function Answer({ token, recovery, onDone }: { token: string; recovery: LostPhonePartsFragment; onDone: (next: LostPhonePartsFragment) => void }) {
  const { t } = useTranslation();
  const [answer, setAnswer] = useState('');
  const [totp, setTotp] = useState('');
  const [refused, setRefused] = useState(false);
  const give = useAct(AnswerLostPhoneDocument);
  const ask = useAct(SignForRecoveryDocument);
  const form = useRef<HTMLFormElement>(null);
  const [missing, setMissing] = useState(false);
  const noFactor = recovery.totpRequired && totp === '';
  const noTotp = of(give.problems, 'totpCode') ?? (missing && noFactor ? t('codeMissing') : undefined);
  const mayUsePasskey = recovery.totpRequired && recovery.passkeyPossible && canUsePasskeys();

  async function send(assertion?: { ceremonyId: string; credential: string }) {
    const { payload } = await give.run({ input: { token, securityAnswer: answer, totpCode: totp || null, assertion: assertion ?? null } });
    if (payload?.recovery) onDone(payload.recovery);
  }
  async function withPasskey() {
    if (!form.current!.reportValidity()) return;
    setMissing(false);
    setRefused(false);
    const { payload } = await ask.run({ input: { token } });
    if (!payload?.ceremony) return;
    const credential = await sign(payload.ceremony.options).catch(() => setRefused(true));
    if (credential) await send({ ceremonyId: payload.ceremony.id, credential });
  }
  return (
    <form ref={form} onSubmit={(e) => { e.preventDefault(); setMissing(noFactor); if (!noFactor) void send(); }}>
      <Stack>
        <PasswordInput label={t('questionLabel', { question: recovery.securityQuestion })} name="securityAnswer" autoComplete="off" required value={answer} onChange={(e) => setAnswer(e.currentTarget.value)} error={of(give.problems, 'securityAnswer')} aria-invalid={!!of(give.problems, 'securityAnswer')} />
        {mayUsePasskey && <Button loading={ask.busy} onClick={() => void withPasskey()}>{t('withPasskey')}</Button>}
        {refused && <Failure>{t('passkeyFailed')}</Failure>}
        {recovery.totpRequired && <TextInput label={t('lostFactor')} name="totpCode" autoComplete="one-time-code" maxLength={40} required={!mayUsePasskey} value={totp} onChange={(e) => setTotp(e.currentTarget.value)} error={noTotp} aria-invalid={!!noTotp} />}
        <Problems problems={[...give.problems.filter((p) => !['securityAnswer', 'totpCode'].includes(p.field?.at(-1) ?? '')), ...ask.problems]} error={give.error ?? ask.error} />
        <Button type="submit" variant={mayUsePasskey ? 'default' : 'filled'} loading={give.busy}>{t('continue')}</Button>
      </Stack>
    </form>
  );
}

function Wait({ readyAt, onCheck }: { readyAt: string; onCheck: () => void }) {
  const { t } = useTranslation();
  useEffect(() => {
    const left = Date.parse(readyAt) - Date.now();
    if (left > 86_400_000) return; // it is looked at again when the page is
    const timer = setTimeout(onCheck, Math.max(left, 1_000));
    return () => clearTimeout(timer);
  }, [readyAt, onCheck]);
  return (
    <Stack>
      <Told>{t('lostWait', { time: time(readyAt) })}</Told>
      <Text>{t('lostWaitHint', { time: time(readyAt) })}</Text>
      <Button variant="default" onClick={onCheck}>{t('lostCheck')}</Button>
    </Stack>
  );
}

type NewPhoneProps = { token: string; onDone: (done: { login: string; sure: boolean }) => void };

function NewPhone({ token, onDone, onLast }: NewPhoneProps & { onLast: (isLast: boolean) => void }) {
  const { t } = useTranslation();
  const [phone, setPhone] = useState('');
  const [challenge, setChallenge] = useState<AccountChallengeFragment>();
  useEffect(() => onLast(!!challenge), [!challenge]);
  const set = useAct(SetRecoveryPhoneDocument);
  const { back, leave } = useStep(!!challenge, () => setChallenge(undefined));
  const [unsure, setUnsure] = useState<string>(); // the phone with which it may be done: its answer was lost

  async function sendCode() {
    const { payload, problems } = await set.run({ input: { token, phone } });
    if (payload?.challenge) setChallenge(payload.challenge);
    else if (unsure && isOver(problems)) onDone({ login: unsure, sure: false });
  }
  if (challenge) return <Last token={token} phone={phone} challenge={challenge} onChallenge={(next) => setChallenge(resent(next))} unsure={unsure} onUnsure={() => setUnsure(phone)} onBack={back} onDone={(what) => void leave().then(() => onDone(what))} />;
  return (
    <form onSubmit={(e) => { e.preventDefault(); void sendCode(); }}>
      <Stack>
        <Text>{t('lostNewPhone')}</Text>
        <Suspense fallback={<Waiting rows={2} />}><PhoneField value={phone} onChange={setPhone} error={of(set.problems, 'phone')} /></Suspense>
        <Problems problems={set.problems.filter((p) => p.field?.at(-1) !== 'phone')} error={set.error} />
        <Button type="submit" loading={set.busy}>{t('lostSendCode')}</Button>
      </Stack>
    </form>
  );
}

type LastProps = NewPhoneProps & { phone: string; challenge: AccountChallengeFragment; unsure?: string; onUnsure: () => void; onChallenge: (next: AccountChallengeFragment) => void; onBack: () => void };

// isOver says that a recovery is not there any more.
const isOver = (problems: ProblemFragment[]) => problems.some((p) => p.field?.at(-1) === 'token');

// Last takes the code and the new password. Where its answer is lost, a repeat may find the recovery over: then it is most likely done.
function Last({ token, phone, challenge, unsure, onUnsure, onChallenge, onBack, onDone }: LastProps) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const [wanted, setWanted] = useState({ password: '', again: '' });
  const complete = useAct(CompleteLostPhoneDocument);
  const [wrong, weak] = ['code', 'newPassword'].map((name) => of(complete.problems, name));
  const { form, missing, miss } = useMissing([wrong, weak]);

  async function finish() {
    if (!code || !agree(wanted)) return miss();
    const led = await complete.run({ input: { token, code: code.replace(/\s/g, ''), newPassword: wanted.password, newPasswordConfirmation: wanted.again } });
    if (led.payload?.wmid) return onDone({ login: led.payload.wmid, sure: true });
    if (unsure && isOver(led.problems)) return onDone({ login: unsure, sure: false });
    if (led.undecided) onUnsure();
  }
  return (
    <form ref={form} noValidate onSubmit={(e) => { e.preventDefault(); void finish(); }}>
      <Stack>
        <CodeField first withAsterisk label={t('code')} hint={t('codeGoesTo', { to: unbroken(phone) })} value={code} onChange={setCode} refusal={complete.problems.find((p) => p.field?.at(-1) === 'code')} missing={missing && !code ? t('codeMissing') : undefined} />
        {challenge.delivery === 'ABANDONED' && <Failure>{t('codeLost')}</Failure>}
        <Resend needed={challenge.delivery === 'ABANDONED'} challenge={challenge} onChallenge={onChallenge} />
        <NewPassword label={t('newPassword')} typed={wanted} onTyped={setWanted} error={weak} missing={missing} />
        <Follows items={[t('lostFollows3')]} />
        <Problems problems={complete.problems.filter((p) => !['code', 'newPassword'].includes(p.field?.at(-1) ?? ''))} error={complete.error} />
        <Button type="submit" loading={complete.busy}>{t('lostFinish')}</Button>
        <Button variant="subtle" onClick={onBack}>{t('startOver')}</Button>
      </Stack>
    </form>
  );
}

function Done({ login, sure }: { login: string; sure: boolean }) {
  const { t } = useTranslation();
  const go = useNavigate();
  const pay = usePayLink();
  return (
    <Stack>
      <Told>{t(sure ? 'lostDone' : 'recoveredPerhaps')}</Told>
      <Button onClick={() => go(`/login${pay}`, { state: { login } })}>{t('logIn')}</Button>
    </Stack>
  );
}
