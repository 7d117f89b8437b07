import { Alert, Anchor, Button, Checkbox, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';
import { readLogin } from '../api/numbers';
import { adopt, type Handed, hasEnded, sessionState } from '../api/session';
import { canUsePasskeys, sign } from '../api/passkeys';
import { type ChallengePartsFragment, ConfirmLogInDocument, FinishPasskeyLogInDocument, LogInDocument, StartPasskeyLogInDocument } from '../gql/graphql';
import { Failure, Problems, useAct } from '../ui/act';
import { Narrow } from '../ui/narrow';
import { CodeForm, type Proof, resent } from '../ui/parts';
import { usePayLink } from '../ui/pay-link';
import { useStep } from '../ui/step';

export const device = () => ({ name: browserName(), platform: 'WEB' as const });

function browserName() {
  const agent = navigator.userAgent;
  const browser = /Edg\//.test(agent) ? 'Edge' : /Firefox\//.test(agent) ? 'Firefox' : /Chrome\//.test(agent) ? 'Chrome' : /Safari\//.test(agent) ? 'Safari' : 'Browser';
  const system = /Android/.test(agent) ? 'Android' : /iPhone|iPad/.test(agent) ? 'iOS' : /Mac/.test(agent) ? 'macOS' : /Windows/.test(agent) ? 'Windows' : 'Linux';
  return `${browser}, ${system}`;
}

export function LogIn() {
  const { t } = useTranslation();
  const { state } = useLocation();
  const pay = usePayLink();
  const [login, setLogin] = useState((state as { login?: string } | null)?.login ?? '');
  const [password, setPassword] = useState('');
  const [trust, setTrust] = useState(false);
  const [challenge, setChallenge] = useState<ChallengePartsFragment>();
  const { back, leave } = useStep(!!challenge, () => { confirm.clear(); setChallenge(undefined); });
  const logIn = useAct(LogInDocument);
  const confirm = useAct(ConfirmLogInDocument);
  const start = useAct(StartPasskeyLogInDocument);
  const finish = useAct(FinishPasskeyLogInDocument);
  const [refused, setRefused] = useState(false);
  const [tried, setTried] = useState<'password' | 'passkey'>('password'); // what was tried last is what is told of

  const [lost, setLost] = useState(false);
  const [accepted, setAccepted] = useState(false); // what was entered is right: all that is waited for is the session
  const [failed, setFailed] = useState(false); // the server took it for nobody's

  async function enter(tokens?: Handed | null) {
    if (!tokens) return;
    setAccepted(true);
    await adopt(tokens, () => setLost(true), leave);
    if (sessionState() === 'in') return;
    await leave();
    setChallenge(undefined);
    setAccepted(false);
    setLost(false);
    setFailed(true);
  }
  const waiting = lost && <Alert color="yellow" role="alert">{t('enteringLost')}</Alert>;

  async function submit() {
    setTried('password');
    setFailed(false);
    const { payload } = await logIn.run({ input: { login: readLogin(login), password, device: device() } });
    if (payload?.challenge) setChallenge(payload.challenge);
    await enter(payload?.tokens);
  }
  async function answer(proof: Proof) {
    const { payload } = await confirm.run({ input: { challengeId: challenge!.id, ...proof, trustDevice: trust } });
    await enter(payload?.tokens);
  }

  async function usePasskey() {
    setTried('passkey');
    setRefused(false);
    setFailed(false);
    const { payload } = await start.run({});
    if (!payload?.ceremony) return;
    const credential = await sign(payload.ceremony.options).catch(() => setRefused(true));
    if (!credential) return;
    await enter((await finish.run({ input: { ceremonyId: payload.ceremony.id, credential, device: device() } })).payload?.tokens);
  }

  if (challenge) {
    return (
      <Narrow title={t('confirmLogIn')} step={{ name: 'code' }}>
        <CodeForm challenge={challenge} onChallenge={(next) => setChallenge(resent(next))} onProof={(proof) => void answer(proof)} busy={confirm.busy || accepted} problems={confirm.problems} error={confirm.error}>
          <Checkbox label={t('trustBrowser')} checked={trust} onChange={(e) => setTrust(e.currentTarget.checked)} />
          {waiting}
        </CodeForm>
        {!accepted && <Button variant="subtle" onClick={back}>{t('back')}</Button>}
      </Narrow>
    );
  }
  return (
    <Narrow title={t('logInTitle')}>
      <form onSubmit={(e) => { e.preventDefault(); void submit(); }}>
        <Stack>
          {hasEnded() && <Alert color="yellow" variant="light" role="status">{t('sessionEnded')}</Alert>}
          {pay && <Alert color="blue" variant="light" role="status">{t('payKept')}</Alert>}
          <TextInput label={t('login')} name="login" autoComplete="username" value={login} onChange={(e) => setLogin(e.currentTarget.value)} required autoFocus />
          <PasswordInput label={t('password')} name="password" autoComplete="current-password" value={password} onChange={(e) => setPassword(e.currentTarget.value)} required />
          {tried === 'password' && <Problems problems={logIn.problems} error={logIn.error} />}
          <Button type="submit" size="md" loading={logIn.busy || (accepted && tried === 'password')}>{t('logIn')}</Button>
          {canUsePasskeys() && <Button variant="default" onClick={() => void usePasskey()} loading={start.busy || finish.busy || (accepted && tried === 'passkey')}>{t('logInWithPasskey')}</Button>}
          {tried === 'passkey' && refused && <Failure>{t('passkeyFailed')}</Failure>}
          {tried === 'passkey' && <Problems problems={[...start.problems, ...finish.problems]} error={start.error ?? finish.error} />}
          {waiting}
          {failed && <Failure>{t('failed')}</Failure>}
        </Stack>
      </form>
      <Stack gap="xs">
        <Anchor component={Link} to={`/recovery${pay}`} underline="always">{t('forgot')}</Anchor>
        <Text>{t('noAccount')} <Anchor component={Link} to={`/register${pay}`} underline="always">{t('register')}</Anchor></Text>
      </Stack>
    </Narrow>
  );
}
