import { Anchor, Button, Loader, PasswordInput, Progress, Stack, Text, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { useQuery } from 'urql';
import { canUsePasskeys, sign } from '../api/passkeys';
import { type AccountChallengeFragment, AnswerLostPhoneDocument, CompleteLostPhoneDocument, LostPhoneDocument, type LostPhonePartsFragment, SetRecoveryPhoneDocument, SignForRecoveryDocument, StartLostPhoneDocument } from '../gql/graphql';
import { time } from '../text/text';
import { of, Problems, useAct } from '../ui/act';
import { FieldsForm, Follows, Told, useTyped } from '../ui/form';
import { useKept } from '../ui/kept';
import { agree, NewPassword } from '../ui/new-password';
import { Narrow } from './login';

const STEPS = 4;

// What of it outlives a reload, in this tab alone: when the letter's link ends, and the link's token, which opens nothing by itself.
type Way = { until: string; token?: string };

// LostPhone leads back in without the phone: a letter, the answer, two days, the new phone. Which step is due, the server says.
export default function LostPhone() {
  const { t } = useTranslation();
  const [way, setWay] = useKept<Way>('keeper.lost-phone');
  const [{ data, error, fetching }, again] = useQuery({ query: LostPhoneDocument, variables: { token: way?.token ?? '' }, pause: !way?.token });
  const [answered, setAnswered] = useState<LostPhonePartsFragment>();
  const [wmid, setWmid] = useState<string>();
  const recovery = answered ?? data?.lostPhoneRecovery;
  const look = () => { setAnswered(undefined); again({ requestPolicy: 'network-only' }); };
  const isReady = !!recovery?.readyAt && Date.parse(recovery.readyAt) <= Date.now();
  const step = !way ? 1 : !way.token || !recovery?.readyAt ? 2 : isReady ? 4 : 3;
  if (wmid) return <Narrow title={t('lostTitlePhone')}><Done wmid={wmid} /></Narrow>;
  return (
    <Narrow title={t('lostTitlePhone')}>
      <div>
        <Text size="sm" c="dimmed" mb={6}>{t('lostStep', { step })}</Text>
        <Progress value={(step / STEPS) * 100} aria-label={t('lostStep', { step })} />
      </div>
      {!way ? <Start onSent={(until) => setWay({ until })} />
        : !way.token ? <Letter until={way.until} onToken={(token) => setWay({ ...way, token })} />
          : recovery ? isReady ? <NewPhone token={way.token} onDone={(done) => { setWay(undefined); setWmid(done); }} /> : recovery.readyAt ? <Wait readyAt={recovery.readyAt} onCheck={look} /> : <Answer token={way.token} recovery={recovery} onDone={setAnswered} />
            : fetching ? <Loader aria-label="…" /> : error ? <Problems error={error} retry={look} /> : <Text role="alert">{t('lostGone')}</Text>}
      {way && <Button variant="subtle" onClick={() => { setAnswered(undefined); setWay(undefined); }}>{t('lostAgain')}</Button>}
      <Anchor component={Link} to="/login" underline="always" className="back">{t('logIn')}</Anchor>
    </Narrow>
  );
}

function Start({ onSent }: { onSent: (until: string) => void }) {
  const { t } = useTranslation();
  const typed = useTyped();
  const start = useAct(StartLostPhoneDocument);
  const go = async () => {
    const { payload } = await start.run({ input: { login: typed.value('login') } });
    if (payload?.expiresAt) onSent(payload.expiresAt);
  };
  return (
    <FieldsForm fields={[{ name: 'login', label: t('login'), complete: 'username', hint: t('lostHintPhone') }]} typed={typed} {...start} submit={t('lostSend')} onSubmit={() => void go()}>
      <Follows items={[t('lostFollows1'), t('lostFollows2'), t('lostFollows3')]} />
    </FieldsForm>
  );
}

// Letter waits for the letter's link: it opens a page of the server, which does the same; whoever would rather go on here pastes it.
function Letter({ until, onToken }: { until: string; onToken: (token: string) => void }) {
  const { t } = useTranslation();
  const [link, setLink] = useState('');
  const [wrong, setWrong] = useState(false);
  return (
    <form onSubmit={(e) => { e.preventDefault(); const token = /[#&?]token=([^&\s]+)/.exec(link)?.[1]; setWrong(!token); if (token) onToken(decodeURIComponent(token)); }}>
      <Stack>
        <Text role="status">{t('lostSent', { time: time(until) })}</Text>
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
  const mayUsePasskey = recovery.passkeyPossible && canUsePasskeys();

  async function send(assertion?: { ceremonyId: string; credential: string }) {
    const { payload } = await give.run({ input: { token, securityAnswer: answer, totpCode: totp || null, assertion: assertion ?? null } });
    if (payload?.recovery) onDone(payload.recovery);
  }
  async function withPasskey() {
    setRefused(false);
    const { payload } = await ask.run({ input: { token } });
    if (!payload?.ceremony) return;
    const credential = await sign(payload.ceremony.options).catch(() => setRefused(true));
    if (credential) await send({ ceremonyId: payload.ceremony.id, credential });
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); void send(); }}>
      <Stack>
        <PasswordInput label={recovery.securityQuestion} name="securityAnswer" autoComplete="off" required value={answer} onChange={(e) => setAnswer(e.currentTarget.value)} error={of(give.problems, 'securityAnswer')} aria-invalid={!!of(give.problems, 'securityAnswer')} />
        {recovery.totpRequired && <TextInput label={t('lostFactor')} name="totpCode" autoComplete="one-time-code" maxLength={40} required={!mayUsePasskey} value={totp} onChange={(e) => setTotp(e.currentTarget.value)} error={of(give.problems, 'totpCode')} />}
        {refused && <Text c="red" role="alert">{t('passkeyFailed')}</Text>}
        <Problems problems={[...give.problems.filter((p) => !['securityAnswer', 'totpCode'].includes(p.field?.at(-1) ?? '')), ...ask.problems]} error={give.error ?? ask.error} />
        <Button type="submit" loading={give.busy} disabled={recovery.totpRequired && totp === ''}>{t('continue')}</Button>
        {mayUsePasskey && <Button variant="default" loading={ask.busy} disabled={answer === ''} onClick={() => void withPasskey()}>{t('withPasskey')}</Button>}
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
      <Text>{t('lostWaitHint')}</Text>
      <Button variant="default" onClick={onCheck}>{t('lostCheck')}</Button>
    </Stack>
  );
}

function NewPhone({ token, onDone }: { token: string; onDone: (wmid: string) => void }) {
  const { t } = useTranslation();
  const typed = useTyped({ phone: '+' });
  const [wanted, setWanted] = useState({ password: '', again: '' });
  const [challenge, setChallenge] = useState<AccountChallengeFragment>();
  const set = useAct(SetRecoveryPhoneDocument);
  const complete = useAct(CompleteLostPhoneDocument);

  async function sendCode() {
    const { payload } = await set.run({ input: { token, phone: typed.value('phone') } });
    if (payload?.challenge) setChallenge(payload.challenge);
  }
  async function finish() {
    const code = typed.value('code').replace(/\s/g, '');
    const { payload } = await complete.run({ input: { token, code, newPassword: wanted.password, newPasswordConfirmation: wanted.again } });
    if (payload?.wmid) onDone(payload.wmid);
  }
  if (!challenge) {
    return (
      <FieldsForm fields={[{ name: 'phone', label: t('newPhone'), type: 'tel', complete: 'tel', hint: t('phoneHint') }]} typed={typed} {...set} submit={t('lostSendCode')} onSubmit={() => void sendCode()}>
        <Text>{t('lostNewPhone')}</Text>
      </FieldsForm>
    );
  }
  return (
    <FieldsForm fields={[{ name: 'code', label: t('code'), complete: 'one-time-code', hint: t('codeGoesTo', { to: challenge.sentTo || typed.value('phone') }) }]} typed={typed} {...complete} besides={['newPassword']} disabled={!agree(wanted)} submit={t('lostFinish')} onSubmit={() => void finish()}>
      <NewPassword label={t('newPassword')} typed={wanted} onTyped={setWanted} error={of(complete.problems, 'newPassword')} />
      <Follows items={[t('lostFollows3')]} />
      <Button variant="subtle" onClick={() => setChallenge(undefined)}>{t('startOver')}</Button>
    </FieldsForm>
  );
}

function Done({ wmid }: { wmid: string }) {
  const { t } = useTranslation();
  const go = useNavigate();
  return (
    <Stack>
      <Told>{t('lostDone')}</Told>
      <Button onClick={() => go('/login', { state: { login: wmid } })}>{t('logIn')}</Button>
    </Stack>
  );
}
