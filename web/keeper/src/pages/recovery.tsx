import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import '../text/account';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { type ChallengePartsFragment, CompleteRecoveryDocument, StartRecoveryDocument, VerifyRecoveryDocument } from '../gql/graphql';
import { of, Problems, useAct } from '../ui/act';
import { CodeForm } from '../ui/parts';
import { Narrow } from './login';

export default function Recovery() {
  const { t } = useTranslation();
  const [login, setLogin] = useState('');
  const [token, setToken] = useState('');
  const [challenge, setChallenge] = useState<ChallengePartsFragment>();
  const [proved, setProved] = useState<{ securityQuestion?: string | null; totpRequired: boolean }>();
  const start = useAct(StartRecoveryDocument);
  const verify = useAct(VerifyRecoveryDocument);

  async function begin() {
    const { payload } = await start.run({ input: { login } });
    if (!payload?.recovery) return;
    setToken(payload.recovery.token);
    setChallenge(payload.recovery.challenge ?? undefined);
  }
  async function answer(code: string) {
    const { payload } = await verify.run({ input: { token, code } });
    if (payload?.recovery) setProved(payload.recovery);
  }
  return (
    <Narrow title={t('recovery')}>
      {proved ? <NewPassword token={token} {...proved} /> : challenge ? (
        <CodeForm challenge={challenge} onChallenge={setChallenge} onProof={(proof) => void ('code' in proof && answer(proof.code))} busy={verify.busy} secret>
          <Problems problems={verify.problems} error={verify.error} />
        </CodeForm>
      ) : (
        <form onSubmit={(e) => { e.preventDefault(); void begin(); }}>
          <Stack>
            <Text>{t('recoveryHint')}</Text>
            <TextInput label={t('login')} name="login" autoComplete="username" required autoFocus value={login} onChange={(e) => setLogin(e.currentTarget.value)} />
            <Problems problems={start.problems} error={start.error} />
            <Button type="submit" loading={start.busy}>{t('continue')}</Button>
          </Stack>
        </form>
      )}
      {!proved && <Anchor component={Link} to="/recovery/phone" underline="always" className="back">{t('lostPhoneLink')}</Anchor>}
      <Anchor component={Link} to="/login" underline="always" className="back">{t('logIn')}</Anchor>
    </Narrow>
  );
}

function NewPassword({ token, securityQuestion, totpRequired }: { token: string; securityQuestion?: string | null; totpRequired: boolean }) {
  const { t } = useTranslation();
  const go = useNavigate();
  const [answer, setAnswer] = useState('');
  const [totp, setTotp] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [wmid, setWmid] = useState<string>();
  const complete = useAct(CompleteRecoveryDocument);

  async function finish() {
    const { payload } = await complete.run({ input: { token, securityAnswer: answer, totpCode: totp || null, newPassword: password, newPasswordConfirmation: again } });
    if (payload?.wmid) setWmid(payload.wmid);
  }
  if (wmid) {
    return (
      <Stack>
        <Text role="status">{t('recovered')}</Text>
        <Button onClick={() => go('/login', { state: { login: wmid } })}>{t('logIn')}</Button>
      </Stack>
    );
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); void finish(); }}>
      <Stack>
        <TextInput label={securityQuestion ?? t('securityAnswer')} name="securityAnswer" autoComplete="off" required value={answer} onChange={(e) => setAnswer(e.currentTarget.value)} error={of(complete.problems, 'securityAnswer')} />
        {totpRequired && <TextInput label={t('totpCode')} autoComplete="one-time-code" required value={totp} onChange={(e) => setTotp(e.currentTarget.value)} />}
        <PasswordInput label={t('newPassword')} autoComplete="new-password" description={t('passwordHint')} required value={password} onChange={(e) => setPassword(e.currentTarget.value)} error={of(complete.problems, 'newPassword')} />
        <PasswordInput label={t('passwordAgain')} autoComplete="new-password" required value={again} onChange={(e) => setAgain(e.currentTarget.value)} error={again !== '' && again !== password ? t('passwordsDiffer') : undefined} />
        <Problems problems={complete.problems} error={complete.error} />
        <Button type="submit" loading={complete.busy} disabled={again !== password}>{t('save')}</Button>
      </Stack>
    </form>
  );
}
