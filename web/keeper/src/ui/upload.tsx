import { Button, FileButton, Group, Image, Progress, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { STILL_MS } from '../api/network';
import { CreateUploadDocument, type DocumentKind } from '../gql/graphql';
import { Problems, useAct } from './act';

const LEAST = 200; // pixels, as the server wants them
const MB = 1 << 20;
const taken = ['image/jpeg', 'image/png'];

// put sends a picture and tells how far it is: fetch does not know it.
const put = (url: string, file: File, onProgress: (share: number) => void) =>
  new Promise<boolean>((done) => {
    const { pathname, search } = new URL(url, location.href); // the server's own address, however it calls itself
    const request = new XMLHttpRequest();
    const wait = () => setTimeout(() => request.abort(), STILL_MS);
    let timer = wait();
    request.upload.onprogress = (e) => {
      clearTimeout(timer);
      timer = wait();
      if (e.lengthComputable) onProgress((100 * e.loaded) / e.total);
    };
    request.onload = () => done(request.status === 201);
    request.onerror = request.onabort = () => done(false);
    request.onloadend = () => clearTimeout(timer);
    request.open('PUT', pathname + search);
    request.send(file);
  });

// isSmall tells whether a picture cannot be read or has too few pixels.
async function isSmall(file: File) {
  const picture = await createImageBitmap(file).catch(() => undefined);
  const small = !picture || picture.width < LEAST || picture.height < LEAST;
  picture?.close();
  return small;
}

// Upload sends one picture, once what can be seen of it here is right.
export function Upload({ kind, onSent }: { kind: DocumentKind; onSent: (id: string | undefined) => void }) {
  const { t } = useTranslation();
  const [share, setShare] = useState<number>();
  const [name, setName] = useState('');
  const [wrong, setWrong] = useState('');
  const [sent, setSent] = useState('');
  useEffect(() => () => URL.revokeObjectURL(sent), [sent]);
  const reset = useRef<() => void>(null);
  const create = useAct(CreateUploadDocument);

  async function send(file: File | null) {
    if (!file) return;
    reset.current?.(); // the same picture may be chosen again
    setName(file.name);
    setSent('');
    setWrong('');
    onSent(undefined);
    if (!taken.includes(file.type)) return setWrong(t('fileType'));
    if (await isSmall(file)) return setWrong(t('fileSmall'));
    const upload = (await create.run({ input: { kind } })).payload?.upload;
    if (!upload) return;
    if (file.size > upload.maxBytes) return setWrong(t('fileLarge', { size: (file.size / MB).toFixed(1), most: Math.floor(upload.maxBytes / MB) }));
    setShare(0);
    const isThere = await put(upload.url, file, setShare);
    setShare(undefined);
    if (!isThere) return setWrong(t('fileFailed'));
    setSent(URL.createObjectURL(file));
    onSent(upload.id);
  }
  return (
    <Stack gap={6} data-testid={`upload-${kind}`}>
      <Text fw={500}>{t(`doc_${kind}`)}</Text>
      <Text size="sm" c="dimmed">{t('docHint')}</Text>
      <FileButton onChange={(file) => void send(file)} accept={taken.join(',')} resetRef={reset}>
        {(props) => <Button {...props} variant="default" loading={create.busy || share !== undefined} aria-label={`${t(sent ? 'anotherFile' : 'chooseFile')}: ${t(`doc_${kind}`)}`}>{t(sent ? 'anotherFile' : 'chooseFile')}</Button>}
      </FileButton>
      {share !== undefined && <Progress value={share} aria-label={t('fileSending', { name })} />}
      {sent && (
        <Group gap="sm" wrap="nowrap">
          <Image src={sent} alt="" w={56} h={56} radius="sm" flex="none" />
          <Text size="sm" role="status" style={{ overflowWrap: 'anywhere' }}>✓ {t('fileUploaded', { name })}</Text>
        </Group>
      )}
      {wrong && <Text size="sm" c="var(--mantine-color-error)" role="alert">{wrong}</Text>}
      <Problems problems={create.problems} error={create.error} />
    </Stack>
  );
}
