import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { type CombinedError, useQuery } from 'urql';
import { awaitsHere } from '../../api/sending';
import { AcceptTransferDocument, CancelTransferDocument, ConfirmTransferDocument, MeDocument, type ProblemFragment, RejectTransferDocument, type TransferPartsFragment } from '../../gql/graphql';
import { money } from '../../text/text';
import { of, Problems, useAct } from '../../ui/act';
import { told } from '../../ui/amount-field';
import { nameOf } from '../../ui/fate';
import { CodeField } from '../../ui/parts';
import { Sure } from '../../ui/sure';
import { Refund } from './refund';

type Props = { transfer: TransferPartsFragment; onDone: () => void };

// Actions are what can be done with a transfer as it stands.
export function Actions({ transfer, onDone }: Props) {
  const isCode = transfer.protection?.kind === 'CODE';
  if (transfer.direction === 'INCOMING') {
    if (transfer.status === 'PROTECTED') return isCode ? <Accept transfer={transfer} onDone={onDone} /> : <Reject transfer={transfer} onDone={onDone} />;
    return transfer.kind === 'PAYMENT' && transfer.status === 'COMPLETED' ? <Refund transfer={transfer} onDone={onDone} /> : null;
  }
  if (transfer.direction !== 'OUTGOING') return null;
  if (transfer.status === 'AWAITING_CONFIRMATION') return <Awaits transfer={transfer} onDone={onDone} />;
  return transfer.status === 'PROTECTED' && isCode ? <TakeBack transfer={transfer} onDone={onDone} /> : null;
}

function Accept({ transfer, onDone }: Props) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const accept = useAct(AcceptTransferDocument);
  const wrong = of(accept.problems, 'protectionCode');
  return (
    <form onSubmit={async (e) => { e.preventDefault(); await accept.run({ input: { transferId: transfer.id, protectionCode: code } }); onDone(); }}>
      <Stack>
        <TextInput label={t('enterProtectionCode')} value={code} onChange={(e) => setCode(e.currentTarget.value)} error={told(wrong)} required autoComplete="off" maxLength={255} />
        <Problems problems={accept.problems.filter((p) => p.field?.at(-1) !== 'protectionCode')} error={accept.error} />
        <Group grow>
          <Reject transfer={transfer} onDone={onDone} />
          <Button type="submit" loading={accept.busy}>{t('accept')}</Button>
        </Group>
      </Stack>
    </form>
  );
}

type Ends = {
  act: { run: (variables: { input: { transferId: string } }) => Promise<{ payload?: unknown }>; busy: boolean; problems: ProblemFragment[]; error?: CombinedError };
  label: string; title: string; follows: string;
};

// Ends sends protected money back, after it has said so.
function Ends({ transfer, onDone, act, label, title, follows }: Props & Ends) {
  const [asked, setAsked] = useState(false);
  async function go() {
    if ((await act.run({ input: { transferId: transfer.id } })).payload) setAsked(false);
    onDone();
  }
  return (
    <>
      <Button variant="default" onClick={() => setAsked(true)}>{label}</Button>
      <Sure opened={asked} title={title} act={label} busy={act.busy} onClose={() => setAsked(false)} onAct={() => void go()}>
        <Text>{follows}</Text>
        <Problems problems={act.problems} error={act.error} />
      </Sure>
    </>
  );
}

function Reject(props: Props) {
  const { t } = useTranslation();
  const { amount, from } = props.transfer;
  return <Ends {...props} act={useAct(RejectTransferDocument)} label={t('reject')} title={t('rejectTitle')} follows={t('rejectFollows', { amount: money(amount), name: nameOf(from) })} />;
}

const TRIES = 8; // of a protection's code: once one is used up, its sender cannot take the money back (cancelTransfer)

function TakeBack(props: Props) {
  const { t } = useTranslation();
  const { total, to, protection } = props.transfer;
  const act = useAct(CancelTransferDocument);
  if (protection?.attemptsLeft !== TRIES) return <Text size="sm" c="dimmed">{t('takeBackTried')}</Text>;
  return <Ends {...props} act={act} label={t('cancelTransfer')} title={t('takeBackTitle')} follows={t('takeBackFollows', { amount: money(total), name: nameOf(to) })} />;
}

// Awaits leads on to the code where the transfer was begun; elsewhere a code is all that is taken, since its challenge is known nowhere else. Whoever is frozen
// confirms nothing. Nothing has moved, so that to cancel it asks nothing.
function Awaits({ transfer, onDone }: Props) {
  const { t } = useTranslation();
  const [{ data }] = useQuery({ query: MeDocument });
  const cancel = useAct(CancelTransferDocument);
  const viewer = data?.viewer?.status === 'FROZEN' ? undefined : data?.viewer;
  const isHere = !!viewer && awaitsHere(viewer.id, transfer.id);
  return (
    <Stack>
      {viewer && !isHere && <Confirm transfer={transfer} onDone={onDone} />}
      <Problems problems={cancel.problems} error={cancel.error} />
      <Group grow>
        <Button variant="default" loading={cancel.busy} onClick={async () => { await cancel.run({ input: { transferId: transfer.id } }); onDone(); }}>{t('cancelTransfer')}</Button>
        {isHere && <Button component={Link} to="/send">{t('confirm')}</Button>}
      </Group>
    </Stack>
  );
}

function Confirm({ transfer, onDone }: Props) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const [undecided, setUndecided] = useState(false);
  const confirm = useAct(ConfirmTransferDocument);
  const refusal = confirm.problems.find((p) => p.field?.at(-1) === 'code');
  async function send() {
    setUndecided(false);
    setUndecided((await confirm.run({ input: { transferId: transfer.id, code: code.replace(/\s/g, '') } })).undecided);
    onDone();
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); void send(); }}>
      <Stack>
        <CodeField label={t('code')} hint={t('codeOfEarlier')} inputMode="text" value={code} onChange={setCode} refusal={refusal} />
        {undecided ? <Alert color="yellow" role="alert">{t('lostChecks')}</Alert> : <Problems problems={confirm.problems.filter((p) => p !== refusal)} error={confirm.error} />}
        {refusal && <Text size="sm">{t('codeDead')}</Text>}
        <Button type="submit" loading={confirm.busy}>{t('confirm')}</Button>
      </Stack>
    </form>
  );
}
