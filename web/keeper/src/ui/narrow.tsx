import { Alert, Button, Group, Progress, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'react-router';
import { chooseLanguage } from '../text/text';
import { useArrival } from './parts';
import { Support } from './support';

type Step = { name: string; at?: number; of?: number };

// Narrow is the frame of what is seen before one is in: whose it is, one thing to do, and the other language. Who comes to it, and to each further step, is put
// before the heading, which says how far it is.
export function Narrow({ title, step, waits, children }: { title: string; step?: Step; waits?: boolean; children: ReactNode }) {
  const { t, i18n } = useTranslation();
  const { pathname } = useLocation();
  const [other, name] = i18n.language === 'ru' ? ['en', 'English'] : ['ru', 'Русский'];
  const far = step?.at ? t('stepOf', { step: step.at, steps: step.of }) : '';
  useEffect(() => {
    document.title = [title, far, 'Keeper'].filter(Boolean).join(' · ');
  }, [title, far]);
  const heading = useArrival(waits ? undefined : `${pathname} before one is in: ${step?.name ?? ''}`, true);
  return (
    <Stack mih="100vh" p="md" gap="lg" align="center" justify="center">
      <Group component="header" gap="sm"><img src="/icon.svg" alt="" width={36} height={36} /><Text fw={700} size="lg">{t('appName')}</Text></Group>
      <Stack className="panel narrow" gap="lg" p={{ base: 'md', xs: 'xl' }} component="main">
        <Title order={1} size="h2" ta={step?.name === 'done' ? 'center' : undefined} ref={heading} tabIndex={-1} aria-describedby={far ? 'how-far' : undefined}>{title}</Title>
        {far && (
          <div>
            <Text size="sm" c="dimmed" mb={6} id="how-far">{far}</Text>
            <Progress value={(step!.at! / step!.of!) * 100} aria-label={far} />
          </div>
        )}
        {children}
      </Stack>
      <Group component="footer" justify="center"><Button variant="subtle" lang={other} onClick={() => void chooseLanguage(other)}>{name}</Button><Support /></Group>
    </Stack>
  );
}

// Ways are what else one can do at a step, below what is to be done.
export const Ways = ({ children }: { children: ReactNode }) => <Stack gap={0}>{children}</Stack>;

// NoAnswer says that something could not be asked for, with the way to ask again.
export function NoAnswer({ text, retry, busy }: { text?: string; retry: () => void; busy?: boolean }) {
  const { t } = useTranslation();
  return (
    <Alert color="red" role="alert" variant="light">
      <div>{text ?? t('failedNetwork')}</div>
      <Button mt="xs" variant="default" onClick={retry} loading={busy}>{t('retry')}</Button>
    </Alert>
  );
}
