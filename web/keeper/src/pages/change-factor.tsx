import { Button, CopyButton, Group, Image, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useClient } from 'urql';
import { create, sign } from '../api/passkeys';
import { ConfirmTotpDocument, DisableTotpDocument, EnableTotpDocument, FinishPasskeyDocument, type PasskeyPurpose, RemovePasskeyDocument, RenewBackupCodesDocument, SecurityDocument, StartAssertionDocument, StartPasskeyDocument } from '../gql/graphql';
import { Failure, Problems, useAct } from '../ui/act';
import { CodeField } from '../ui/parts';
import { device } from './login';

type FactorProof = { code?: string; assertion?: { ceremonyId: string; credential: string } };
export type Wanted = { to: 'addPasskey' } | { to: 'enableTotp' } | { to: 'renewCodes' } | { to: 'disableTotp' } | { to: 'removePasskey'; id: string; name: string };
type Secret = { text: string; picture: string; link: string };

const purposes: Record<Wanted['to'], PasskeyPurpose> = { addPasskey: 'ADD_FACTOR', enableTotp: 'ADD_FACTOR', renewCodes: 'RENEW_BACKUP_CODES', disableTotp: 'DISABLE_TOTP', removePasskey: 'REMOVE_PASSKEY' };

type ChangeProps = { wanted: Wanted; has: boolean; isLast: boolean; hasApp: boolean; hasPasskey: boolean; onDone: (backup?: string[] | null) => void };

// Change asks for what proves the change, and makes it. Who has a passkey signs with it, before anything else; the code of the app or a backup code does as well.
export function Change({ wanted, has, isLast, hasApp, hasPasskey, onDone }: ChangeProps) {
  const { t } = useTranslation();
  const form = useRef<HTMLFormElement>(null);
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
  const [missing, setMissing] = useState(false);
  const [failure, setFailure] = useState('');
  const [secret, setSecret] = useState<Secret>();
  const assertion = useAct(StartAssertionDocument);
  const start = useAct(StartPasskeyDocument);
  const finish = useAct(FinishPasskeyDocument);
  const enable = useAct(EnableTotpDocument);
  const disable = useAct(DisableTotpDocument);
  const remove = useAct(RemovePasskeyDocument);
  const renew = useAct(RenewBackupCodesDocument);
  const acts = [assertion, start, finish, enable, disable, remove, renew];
  const isNew = wanted.to === 'addPasskey' || wanted.to === 'enableTotp';
  const ends = wanted.to === 'disableTotp' || wanted.to === 'removePasskey';
  const problems = acts.flatMap((a) => a.problems);
  const refusal = has ? problems.find((p) => p.field?.at(-1) === 'code') : undefined;
  const rejected = isNew ? problems.find((p) => p.code === 'CREDENTIALS_REJECTED' || p.field?.at(-1) === 'currentPassword') : undefined;

  async function change(proof: FactorProof) {
    if (wanted.to === 'removePasskey') return void ((await remove.run({ input: { passkeyId: wanted.id, ...proof } })).payload && onDone());
    if (wanted.to === 'disableTotp') return void ((await disable.run({ input: proof })).payload && onDone());
    if (wanted.to === 'renewCodes') {
      const { payload } = await renew.run({ input: proof });
      return void (payload && onDone(payload.backupCodes));
    }
    if (wanted.to === 'enableTotp') {
      const { payload } = await enable.run({ input: { currentPassword: password, ...proof } });
      if (payload?.secret) setSecret({ text: payload.secret, picture: payload.qrPng ?? '', link: payload.otpauthUri ?? '' });
      return;
    }
    const { payload } = await start.run({ input: { currentPassword: password, ...proof } });
    if (!payload?.ceremony) return;
    const credential = await create(payload.ceremony.options).catch(() => setFailure(t('passkeyNotAdded')));
    if (!credential) return;
    const made = await finish.run({ input: { ceremonyId: payload.ceremony.id, name: name.trim() || device().name, credential } });
    if (made.payload) onDone(made.payload.backupCodes);
  }
  async function withPasskey() {
    if (!form.current!.reportValidity()) return;
    setFailure('');
    setMissing(false);
    const { payload } = await assertion.run({ input: { purpose: purposes[wanted.to], passkeyId: wanted.to === 'removePasskey' ? wanted.id : null } });
    if (!payload?.ceremony) return;
    const credential = await sign(payload.ceremony.options).catch(() => setFailure(t('passkeyFailed')));
    if (credential) await change({ assertion: { ceremonyId: payload.ceremony.id, credential } });
  }
  function submit() {
    setFailure('');
    setMissing(has && !code);
    if (!has || code) void change(code ? { code: code.replace(/\s/g, '') } : {});
  }
  if (secret) return <FirstCode secret={secret} onDone={onDone} />;
  const verb = { addPasskey: t(hasPasskey ? 'add' : 'addPasskey'), enableTotp: t('continue'), renewCodes: t('codesRenew'), disableTotp: t('turnOff'), removePasskey: t('remove') }[wanted.to];
  const follows = { addPasskey: t('passkeyFollows'), enableTotp: t(hasPasskey ? 'totpFollowsToo' : 'totpFollows'), renewCodes: t('codesRenewFollows'), disableTotp: t('totpOffFollows'), removePasskey: t('passkeyRemoveFollows') }[wanted.to];
  const busy = acts.some((a) => a.busy);
  return (
    <form ref={form} onSubmit={(e) => { e.preventDefault(); submit(); }}>
      <Stack>
        <Text>{follows}{ends && isLast && ` ${t('factorLast')}`}</Text>
        {isNew && <PasswordInput label={t('passwordNow')} name="current-password" data-autofocus autoComplete="current-password" required value={password} error={rejected?.message} aria-invalid={!!rejected} onChange={(e) => setPassword(e.currentTarget.value)} />}
        {wanted.to === 'addPasskey' && <TextInput label={t('passkeyNameOptional')} name="passkey-name" value={name} maxLength={64} onChange={(e) => setName(e.currentTarget.value)} />}
        {hasPasskey && <Button color={ends ? 'red' : undefined} loading={busy} onClick={() => void withPasskey()}>{t('verbWithPasskey')}</Button>}
        {has && <CodeField first={!isNew && !hasPasskey} label={t(hasApp ? 'factorCode' : 'backupCode')} name="factor-code" inputMode="text" value={code} onChange={setCode} required={false} refusal={refusal} missing={missing && !code ? t('codeMissing') : undefined} />}
        {failure && <Failure>{failure}</Failure>}
        <Problems problems={problems.filter((p) => p !== refusal && p !== rejected)} error={acts.find((a) => a.error)?.error} />
        <Button type="submit" loading={busy} variant={hasPasskey ? 'default' : 'filled'} color={ends && !hasPasskey ? 'red' : undefined}>{hasPasskey ? t('verbWithCode') : verb}</Button>
      </Stack>
    </form>
  );
}

const FOUR = /.{1,4}/g;

function FirstCode({ secret, onDone }: { secret: Secret; onDone: (backup?: string[] | null) => void }) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const [missing, setMissing] = useState(false);
  const [isLost, setLost] = useState(false); // an answer was, and with it the backup codes if it is on by now
  const [isOn, setOn] = useState(false);
  const client = useClient();
  const confirm = useAct(ConfirmTotpDocument);
  const refusal = confirm.problems.find((p) => p.field?.at(-1) === 'code');

  async function send() {
    setMissing(!code);
    if (!code) return;
    const { payload, undecided, problems } = await confirm.run({ input: { code: code.replace(/\s/g, '') } });
    if (payload) return onDone(payload.backupCodes);
    if (undecided) setLost(true);
    if (!isLost || !problems.some((p) => p.code === 'STEP_OUT_OF_ORDER')) return;
    const { data } = await client.query(SecurityDocument, {}, { requestPolicy: 'network-only' });
    setOn(!!data?.viewer?.secondFactors.totp);
  }
  if (isOn) {
    return (
      <Stack>
        <Text role="status">{t('totpIsOn')}</Text>
        <Button onClick={() => onDone()}>{t('done')}</Button>
      </Stack>
    );
  }
  return (
    <form noValidate onSubmit={(e) => { e.preventDefault(); void send(); }}>
      <Stack>
        <Text>{t('scanOrEnter')}</Text>
        {secret.picture && <Image src={`data:image/png;base64,${secret.picture}`} alt={t('totpQrAlt')} w={200} mx="auto" />}
        <div>
          <Text size="sm" c="dimmed">{t('secretKey')}</Text>
          <Group justify="space-between" wrap="nowrap">
            <Text component="code" ff="monospace">{secret.text.match(FOUR)!.join(' ')}</Text>
            <CopyButton value={secret.text}>{({ copied, copy }) => <Button variant="default" flex="none" onClick={copy} aria-live="polite">{t(copied ? 'copied' : 'copy')}</Button>}</CopyButton>
          </Group>
        </div>
        {secret.link && <Button component="a" href={secret.link} variant="default" hiddenFrom="sm">{t('openInApp')}</Button>}
        <CodeField label={t('code')} name="first-code" value={code} onChange={setCode} maxLength={7} refusal={refusal} missing={missing && !code ? t('codeMissing') : undefined} />
        <Problems problems={confirm.problems.filter((p) => p !== refusal)} error={confirm.error} />
        <Button type="submit" size="md" loading={confirm.busy}>{t('turnOn')}</Button>
      </Stack>
    </form>
  );
}
