import { Button, Group, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { canUsePasskeys } from '../api/passkeys';
import { whoIsIn } from '../api/session';
import type { SecurityQuery } from '../gql/graphql';
import { time } from '../text/text';
import { showBackupCodes } from '../ui/backup';
import { Change, type Wanted } from './change-factor';
import { Dialog } from '../ui/dialog';

type Given = NonNullable<SecurityQuery['viewer']>['secondFactors'];

// Factors shows the passkeys and the authenticator app, and changes them. Whoever has a factor proves it before another is added or one goes.
export function Factors({ factors, onChange }: { factors: Given; onChange: () => void }) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState<Wanted>();
  const [of] = useState(whoIsIn);
  const has = factors.totp || factors.passkeys.length > 0;
  const isLast = (factors.totp ? 1 : 0) + factors.passkeys.length === 1;
  const done = (backup?: string[] | null) => {
    setWanted((now) => (now === wanted ? undefined : now)); // a late answer closes nothing else
    if (backup?.length) showBackupCodes(backup, of);
    onChange();
  };
  const title = wanted && {
    addPasskey: () => t('addPasskey'), enableTotp: () => t('totpOnTitle'), renewCodes: () => t('codesRenewTitle'), disableTotp: () => t('totpOffTitle'),
    removePasskey: () => t('passkeyRemoveTitle', { name: wanted.to === 'removePasskey' ? wanted.name : '' }),
  }[wanted.to]();
  return (
    <section className="panel" aria-labelledby="factors">
      <Title order={2} size="h4" id="factors">{t('factors')}</Title>
      <Text c="dimmed" size="sm" mb="sm">{t('factorsHint')}</Text>
      <Group justify="space-between">
        <Text fw={500} className="beside">{t('authenticator')}: {factors.totp ? t('isOn') : t('isOff')}</Text>
        <Button variant="default" flex="none" onClick={() => setWanted({ to: factors.totp ? 'disableTotp' : 'enableTotp' })} aria-label={`${t('authenticator')}: ${factors.totp ? t('turnOff') : t('turnOn')}`}>{factors.totp ? t('turnOff') : t('turnOn')}</Button>
      </Group>
      <Group justify="space-between" mt="sm">
        <div className="beside">
          <Text fw={500}>{t('passkeys')}</Text>
          <Text size="sm" c="dimmed">{t('passkeysHint')}</Text>
        </div>
        {canUsePasskeys() && <Button variant="default" flex="none" onClick={() => setWanted({ to: 'addPasskey' })} aria-label={t('addPasskey')}>{t('add')}</Button>}
      </Group>
      {factors.passkeys.map((p) => (
        <Group key={p.id} justify="space-between" py="xs" className="item" data-testid="passkey">
          <div className="beside named">
            <Text>{p.name}</Text>
            <Text size="sm" c="dimmed">{p.lastUsedAt ? t('usedAt', { time: time(p.lastUsedAt) }) : t('neverUsed')}</Text>
          </div>
          <Button variant="default" flex="none" aria-label={t('removeNamed', { name: p.name })} onClick={() => setWanted({ to: 'removePasskey', id: p.id, name: p.name })}>{t('remove')}</Button>
        </Group>
      ))}
      {has && (
        <Group justify="space-between" mt="sm">
          <div className="beside">
            <Text fw={500}>{t('backupCodes')}</Text>
            <Text size="sm" c="dimmed">{t('backupCodesLeft', { count: factors.backupCodesLeft })}</Text>
          </div>
          <Button variant="default" flex="none" onClick={() => setWanted({ to: 'renewCodes' })}>{t('codesRenew')}</Button>
        </Group>
      )}
      <Dialog opened={!!wanted} onClose={() => setWanted(undefined)} title={title}>
        {wanted && <Change wanted={wanted} has={has} isLast={isLast} hasApp={factors.totp} hasPasskey={factors.passkeys.length > 0} onDone={done} />}
      </Dialog>
    </section>
  );
}
