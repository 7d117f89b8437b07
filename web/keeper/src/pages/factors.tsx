import { Button, Code, Group, Image, Modal, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { canUsePasskeys, create, sign } from '../api/passkeys';
import {
  ConfirmTotpDocument, DisableTotpDocument, EnableTotpDocument, FinishPasskeyDocument, type PasskeyPurpose, RemovePasskeyDocument, type SecurityQuery, StartAssertionDocument, StartPasskeyDocument,
} from '../gql/graphql';
import { time } from '../text/text';
import { Problems, useAct } from '../ui/act';

type Given = NonNullable<SecurityQuery['viewer']>['secondFactors'];
type FactorProof = { code?: string; assertion?: { ceremonyId: string; credential: string } };
type Wanted = { to: 'addPasskey' } | { to: 'enableTotp' } | { to: 'disableTotp' } | { to: 'removePasskey'; id: string };

const purposes: Record<Wanted['to'], PasskeyPurpose> = { addPasskey: 'ADD_FACTOR', enableTotp: 'ADD_FACTOR', disableTotp: 'DISABLE_TOTP', removePasskey: 'REMOVE_PASSKEY' };

// Factors shows the passkeys and the authenticator app, and changes them. Whoever has a factor proves it before another is added or one goes.
export function Factors({ factors, onChange }: { factors: Given; onChange: () => void }) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState<Wanted>();
  const [codes, setCodes] = useState<string[]>();
  const done = (backup?: string[] | null) => {
    setWanted(undefined);
    if (backup?.length) setCodes(backup);
    onChange();
  };
  return (
    <section className="panel" aria-labelledby="factors">
      <Title order={2} size="h4" id="factors">{t('factors')}</Title>
      <Text c="dimmed" size="sm" mb="sm">{t('factorsHint')}</Text>
      <Group justify="space-between">
        <Text fw={500}>{t('authenticator')}: {factors.totp ? t('isOn') : t('isOff')}</Text>
        <Button size="xs" variant="default" onClick={() => setWanted({ to: factors.totp ? 'disableTotp' : 'enableTotp' })} aria-label={`${t('authenticator')}: ${factors.totp ? t('turnOff') : t('turnOn')}`}>{factors.totp ? t('turnOff') : t('turnOn')}</Button>
      </Group>
      <Group justify="space-between" mt="sm">
        <Text fw={500}>{t('passkeys')}</Text>
        {canUsePasskeys() && <Button size="xs" variant="default" onClick={() => setWanted({ to: 'addPasskey' })}>{t('addPasskey')}</Button>}
      </Group>
      {factors.passkeys.length === 0 && <Text c="dimmed" size="sm">{t('noPasskeys')}</Text>}
      {factors.passkeys.map((p) => (
        <Group key={p.id} justify="space-between" wrap="nowrap" py="xs" className="item" data-testid="passkey">
          <div>
            <Text>{p.name}</Text>
            <Text size="sm" c="dimmed">{p.lastUsedAt ? t('usedAt', { time: time(p.lastUsedAt) }) : t('neverUsed')}</Text>
          </div>
          <Button size="xs" variant="default" flex="none" aria-label={t('removeNamed', { name: p.name })} onClick={() => setWanted({ to: 'removePasskey', id: p.id })}>{t('remove')}</Button>
        </Group>
      ))}
      {(factors.totp || factors.passkeys.length > 0) && <Text size="sm" c="dimmed" mt="xs">{t('backupCodesLeft', { count: factors.backupCodesLeft })}</Text>}
      <Modal opened={!!wanted} onClose={() => setWanted(undefined)} title={t('factors')} closeButtonProps={{ 'aria-label': t('close') }}>
        {wanted && <Change wanted={wanted} has={factors.totp || factors.passkeys.length > 0} hasPasskey={factors.passkeys.length > 0} onDone={done} />}
      </Modal>
      <Modal opened={!!codes} onClose={() => setCodes(undefined)} title={t('backupCodes')} closeButtonProps={{ 'aria-label': t('close') }}>
        <Text>{t('backupCodesHint')}</Text>
        <Code block mt="sm" data-testid="backup-codes">{codes?.join('\n')}</Code>
      </Modal>
    </section>
  );
}

type ChangeProps = { wanted: Wanted; has: boolean; hasPasskey: boolean; onDone: (backup?: string[] | null) => void };

function Change({ wanted, has, hasPasskey, onDone }: ChangeProps) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
  const [refused, setRefused] = useState(false);
  const [secret, setSecret] = useState<{ text: string; picture: string }>();
  const assertion = useAct(StartAssertionDocument);
  const start = useAct(StartPasskeyDocument);
  const finish = useAct(FinishPasskeyDocument);
  const enable = useAct(EnableTotpDocument);
  const disable = useAct(DisableTotpDocument);
  const remove = useAct(RemovePasskeyDocument);
  const acts = [assertion, start, finish, enable, disable, remove];
  const isNew = wanted.to === 'addPasskey' || wanted.to === 'enableTotp';

  async function change(proof: FactorProof) {
    setRefused(false);
    if (wanted.to === 'removePasskey') return void ((await remove.run({ input: { passkeyId: wanted.id, ...proof } })).payload && onDone());
    if (wanted.to === 'disableTotp') return void ((await disable.run({ input: proof })).payload && onDone());
    if (wanted.to === 'enableTotp') {
      const { payload } = await enable.run({ input: { currentPassword: password, ...proof } });
      if (payload?.secret) setSecret({ text: payload.secret, picture: payload.qrPng ?? '' });
      return;
    }
    const { payload } = await start.run({ input: { currentPassword: password, ...proof } });
    if (!payload?.ceremony) return;
    const credential = await create(payload.ceremony.options).catch(() => setRefused(true));
    if (!credential) return;
    const made = await finish.run({ input: { ceremonyId: payload.ceremony.id, name: name || 'Keeper', credential } });
    if (made.payload) onDone(made.payload.backupCodes);
  }
  async function withPasskey() {
    setRefused(false);
    const { payload } = await assertion.run({ input: { purpose: purposes[wanted.to], passkeyId: wanted.to === 'removePasskey' ? wanted.id : null } });
    if (!payload?.ceremony) return;
    const credential = await sign(payload.ceremony.options).catch(() => setRefused(true));
    if (credential) await change({ assertion: { ceremonyId: payload.ceremony.id, credential } });
  }
  if (secret) return <FirstCode secret={secret} onDone={onDone} />;
  return (
    <form onSubmit={(e) => { e.preventDefault(); void change(code ? { code } : {}); }}>
      <Stack>
        {isNew && <PasswordInput label={t('currentPassword')} name="current-password" autoComplete="current-password" required value={password} onChange={(e) => setPassword(e.currentTarget.value)} />}
        {wanted.to === 'addPasskey' && <TextInput label={t('passkeyName')} name="passkey-name" value={name} maxLength={64} onChange={(e) => setName(e.currentTarget.value)} />}
        {has && <TextInput label={t('factorCode')} name="factor-code" autoComplete="one-time-code" value={code} maxLength={24} onChange={(e) => setCode(e.currentTarget.value.trim())} />}
        {refused && <Text c="red" role="alert">{t('passkeyFailed')}</Text>}
        <Problems problems={acts.flatMap((a) => a.problems)} error={acts.find((a) => a.error)?.error} />
        <Button type="submit" loading={acts.some((a) => a.busy)} disabled={has && code === ''}>{t('continue')}</Button>
        {hasPasskey && <Button variant="default" onClick={() => void withPasskey()} disabled={isNew && password === ''}>{t('withPasskey')}</Button>}
      </Stack>
    </form>
  );
}

function FirstCode({ secret, onDone }: { secret: { text: string; picture: string }; onDone: (backup?: string[] | null) => void }) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const confirm = useAct(ConfirmTotpDocument);
  return (
    <form onSubmit={async (e) => { e.preventDefault(); const { payload } = await confirm.run({ input: { code } }); if (payload) onDone(payload.backupCodes); }}>
      <Stack>
        <Text>{t('scan')}</Text>
        {secret.picture && <Image src={`data:image/png;base64,${secret.picture}`} alt="QR" w={220} mx="auto" />}
        <Text size="sm">{t('secretText')}: <Code>{secret.text}</Code></Text>
        <TextInput label={t('code')} name="first-code" autoComplete="one-time-code" inputMode="numeric" required value={code} maxLength={6} onChange={(e) => setCode(e.currentTarget.value)} />
        <Problems problems={confirm.problems} error={confirm.error} />
        <Button type="submit" loading={confirm.busy}>{t('confirm')}</Button>
      </Stack>
    </form>
  );
}
