import { Alert, Button, CopyButton, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useQuery } from 'urql';
import { grouped } from '../../api/numbers';
import { type Handed, pause } from '../../api/session';
import { AgreementsDocument, CompleteRegistrationDocument, type ProblemFragment } from '../../gql/graphql';
import { of, Problems, useAct } from '../../ui/act';
import { useAlive } from '../../ui/alive';
import { Agreement } from '../../ui/agreement';
import { Dialog } from '../../ui/dialog';
import { NoAnswer } from '../../ui/narrow';
import { agree, NewPassword, useMissing } from '../../ui/new-password';
import { Waiting } from '../../ui/parts';
import { usePayLink } from '../../ui/pay-link';
import { device } from '../login';

const MOST_WAIT_MS = 15_000;

type Finish = { token: string; onDone: (wmid: string, tokens: Handed) => void; onRefused: (led: { problems: ProblemFragment[] }) => Promise<void>; onBack: () => void };

// useComplete makes the account. Where no answer comes it is asked again until one does: a registration makes one account, and a repeat is told that it is there.
function useComplete({ token, onDone, onRefused }: Finish) {
  const complete = useAct(CompleteRegistrationDocument);
  const [lost, setLost] = useState(false);
  const isHere = useAlive();

  async function run(typed: { password: string; again: string }, acceptedAgreements: string[]) {
    for (let wait = 1_000; isHere(); wait = Math.min(wait * 2, MOST_WAIT_MS)) {
      const led = await complete.run({ input: { token, password: typed.password, passwordConfirmation: typed.again, acceptedAgreements, device: device() } });
      setLost(led.lost);
      if (led.payload?.account && led.payload.tokens) return onDone(led.payload.account.wmid, led.payload.tokens);
      if (!led.lost) return onRefused({ problems: led.problems });
      await pause(wait);
    }
  }
  return { run, lost, busy: complete.busy || lost, problems: complete.problems, error: lost ? undefined : complete.error };
}

// Password is the last step. Its button can be pressed as soon as the agreements are there: what is missing is said where it is missing.
export function Password(props: Finish) {
  const { t } = useTranslation();
  const [{ data, error, fetching }, again] = useQuery({ query: AgreementsDocument });
  const [typed, setTyped] = useState({ password: '', again: '' });
  const [accepted, setAccepted] = useState<string[]>([]);
  const [reading, setReading] = useState<{ title: string; text: string }>();
  const complete = useComplete(props);
  const agreements = data?.agreements;
  const refusal = of(complete.problems, 'password');
  const { form, missing, miss } = useMissing([refusal]);

  function finish() {
    if (!agree(typed) || !agreements || agreements.some((a) => !accepted.includes(a.id))) return miss();
    void complete.run(typed, agreements.map((a) => a.id));
  }
  return (
    <form ref={form} noValidate onSubmit={(e) => { e.preventDefault(); finish(); }}>
      <Stack>
        <NewPassword label={t('password')} typed={typed} onTyped={setTyped} error={refusal} missing={missing} />
        {agreements?.map((a) => (
          <Agreement key={a.id} id={a.kind} title={a.title} accepted={accepted.includes(a.id)} missing={missing && !accepted.includes(a.id)} onRead={() => setReading(a)}
            onChange={(on) => setAccepted((was) => (on ? [...was, a.id] : was.filter((id) => id !== a.id)))} />
        ))}
        {!agreements && (
          <div>
            {error && !fetching ? <NoAnswer text={t('agreementsFailed')} retry={() => again({ requestPolicy: 'network-only' })} /> : (
              <>
                <Waiting rows={2} />
                <Text size="sm" role="status" mt="xs" c="dimmed">{t('agreementsLoading')}</Text>
              </>
            )}
          </div>
        )}
        {complete.lost && <Alert color="yellow" role="alert">{t('completeLost')}</Alert>}
        <Problems problems={complete.problems.filter((p) => p.field?.at(-1) !== 'password')} error={complete.error} />
        <Button type="submit" loading={complete.busy} disabled={!agreements}>{t('register')}</Button>
        <Button variant="subtle" disabled={complete.busy} onClick={props.onBack}>{t('back')}</Button>
      </Stack>
      <Dialog opened={!!reading} onClose={() => setReading(undefined)} title={reading?.title}><Text style={{ whiteSpace: 'pre-wrap' }}>{reading?.text}</Text></Dialog>
    </form>
  );
}

export function Done({ wmid, entering }: { wmid: string; entering: 'waits' | 'lost' | 'in' }) {
  const { t } = useTranslation();
  const go = useNavigate();
  const pay = usePayLink();
  return (
    <Stack>
      <Text ta="center">{t('wmidIs')}</Text>
      <Text className="wmid" data-testid="wmid">{grouped(wmid)}</Text>
      <CopyButton value={wmid}>{({ copied, copy }) => <Button variant="default" onClick={copy} aria-live="polite">{t(copied ? 'copied' : 'copy')}</Button>}</CopyButton>
      {pay && <Text ta="center">{t('payFirst')}</Text>}
      {entering === 'lost' && <Alert color="yellow" role="alert">{t('enteringLost')}</Alert>}
      <Button loading={entering !== 'in'} onClick={() => go(`/wallets${pay}`)}>{t('start')}</Button>
    </Stack>
  );
}
