import { Button, CopyButton, Group, Modal, Stack, Text } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { showBackupCodes } from '../ui/backup';

// save hands the browser a file that is made here; no request is made of it.
function save(codes: string[], title: string) {
  const url = URL.createObjectURL(new Blob([`${title}\n\n${codes.join('\n')}\n`], { type: 'text/plain' }));
  const link = Object.assign(document.createElement('a'), { href: url, download: 'keeper-backup-codes.txt' });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}

// BackupCodes are shown once: only who says that they are kept closes them, and a reload asks first.
export default function BackupCodes({ codes }: { codes: string[] }) {
  const { t } = useTranslation();
  const title = t('backupCodes');
  useEffect(() => {
    const ask = (e: BeforeUnloadEvent) => e.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, []);
  return (
    <Modal opened onClose={() => showBackupCodes()} title={title} closeOnClickOutside={false} closeOnEscape={false} withCloseButton={false}>
      <Stack>
        <Text>{t('backupCodesHint')}</Text>
        <ul className="codes" data-testid="backup-codes">{codes.map((code) => <li key={code}><code>{code}</code></li>)}</ul>
        <Group grow>
          <CopyButton value={codes.join('\n')}>{({ copied, copy }) => <Button variant="default" onClick={copy} aria-live="polite">{t(copied ? 'copied' : 'copy')}</Button>}</CopyButton>
          <Button variant="default" onClick={() => save(codes, `Keeper: ${title}`)}>{t('download')}</Button>
        </Group>
        <Button onClick={() => showBackupCodes()}>{t('codesSaved')}</Button>
      </Stack>
    </Modal>
  );
}
