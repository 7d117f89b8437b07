import { Alert, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { download } from '../api/documents';

const SOON_MS = 1_000; // what comes sooner needs no words

// useDownload gets one document at a time, and knows what is to be said of it.
export function useDownload() {
  const [state, setState] = useState<'asked' | 'slow' | 'failed'>();
  async function get(url: string, name: string) {
    if (state === 'asked' || state === 'slow') return;
    setState('asked');
    const timer = setTimeout(() => setState('slow'), SOON_MS);
    const failed = await download(url, name).then(() => false, () => true);
    clearTimeout(timer);
    setState(failed ? 'failed' : undefined);
  }
  return { state, get: (url: string, name: string) => void get(url, name) };
}

// Downloading says that a document is still being got, or that it did not come.
export function Downloading({ state }: Pick<ReturnType<typeof useDownload>, 'state'>) {
  const { t } = useTranslation();
  return (
    <>
      <Text size="sm" c="dimmed" role="status" hidden={state !== 'slow'}>{state === 'slow' && t('downloading')}</Text>
      {state === 'failed' && <Alert color="red" variant="light" role="alert" mb="sm">{t('notDownloaded')}</Alert>}
    </>
  );
}
