import { Button, Group, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from './dialog';

type Props = { opened: boolean; title: string; act: string; busy: boolean; onClose: () => void; onAct: () => void; children: ReactNode };

// Sure says what an act leads to, by its children, before it is done.
export function Sure({ opened, title, act, busy, onClose, onAct, children }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} onClose={onClose} title={title}>
      <Stack>
        {children}
        <Group grow>
          <Button variant="default" onClick={onClose} data-autofocus>{t('back')}</Button>
          <Button color="red" loading={busy} onClick={onAct}>{act}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
