import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { useQuery } from 'urql';
import { download } from '../api/documents';
import { grouped } from '../api/numbers';
import { useRefunding } from '../api/refunding';
import { AcceptTransferDocument, CancelTransferDocument, MeDocument, RejectTransferDocument, TransferPageDocument, type TransferPartsFragment } from '../gql/graphql';
import { money, time } from '../text/text';
import { Problems, useAct } from '../ui/act';
import { Block } from '../ui/block';
import { useLiveQuery } from '../ui/live-query';
import { Copyable, Empty, Page, Status, Waiting } from '../ui/parts';

export default function Transfer() {
  const { t } = useTranslation();
  const id = useParams().id!;
  const [{ data, error }, again] = useLiveQuery(TransferPageDocument, { id });
  const [failed, setFailed] = useState(false);
  const transfer = data?.node?.__typename === 'Transfer' ? data.node : undefined;
  if (data && !transfer) return <Page title={t('transfer')}><Empty title={t('notFound')} hint={t('notFoundHint')} action={<Button component={Link} to="/history">{t('toHistory')}</Button>} /></Page>;
  if (!transfer) return <Page title={t('transfer')}>{error ? <Problems error={error} retry={again} /> : <Waiting />}</Page>;
  const receipt = (kind: 'pdf' | 'png') => download(transfer.receiptUrls[kind], `receipt.${kind}`).then(() => setFailed(false), () => setFailed(true));
  return (
    <div className="narrow">
      <Page title={t(`kind_${transfer.kind}`)} aside={<Status status={transfer.status} />}>
        <Stack className="panel">
          <Title order={2} className="sum-large">{money(transfer.direction === 'INCOMING' ? transfer.amount : transfer.total)}</Title>
          <dl className="facts">
            <dt>{t('fromWhom')}</dt><dd>{transfer.from.displayName}<br /><span className="money">{grouped(transfer.from.walletNumber)}</span></dd>
            <dt>{t('to')}</dt><dd>{transfer.to.displayName}<br /><span className="money">{grouped(transfer.to.walletNumber)}</span></dd>
            <dt>{t('amount')}</dt><dd className="money">{money(transfer.amount)}</dd>
            <dt>{t('fee')}</dt><dd className="money">{money(transfer.fee)}</dd>
            {Number(transfer.refunded.amount) > 0 && <><dt>{t('refunded')}</dt><dd className="money">{money(transfer.refunded)}</dd></>}
            {transfer.memo && <><dt>{t('memoOf')}</dt><dd>{transfer.memo}</dd></>}
            <dt>{t('created')}</dt><dd>{time(transfer.createdAt)}</dd>
            {transfer.completedAt && <><dt>{t(transfer.status === 'COMPLETED' ? 'completed' : 'ended')}</dt><dd>{time(transfer.completedAt)}</dd></>}
            {transfer.protection && transfer.status === 'PROTECTED' && <><dt>{t('protection')}</dt><dd>{t('protectedUntil', { time: time(transfer.protection.expiresAt) })}</dd></>}
            <dt>№</dt><dd><Copyable text={transfer.id} shown={`…${transfer.id.slice(-8)}`} /></dd>
          </dl>
          <Actions transfer={transfer} onDone={again} />
          <Group grow preventGrowOverflow={false}>
            <Button variant="default" onClick={() => void receipt('pdf')}>{t('receipt')} PDF</Button>
            <Button variant="default" onClick={() => void receipt('png')}>{t('receipt')} PNG</Button>
          </Group>
          {failed && <Text c="red" role="alert">{t('notDownloaded')}</Text>}
          {transfer.direction === 'INCOMING' && transfer.kind === 'PAYMENT' && transfer.from.wmid && <Block wmid={transfer.from.wmid} name={transfer.from.displayName} />}
        </Stack>
      </Page>
    </div>
  );
}

function Actions({ transfer, onDone }: { transfer: TransferPartsFragment; onDone: () => void }) {
  if (transfer.status === 'PROTECTED' && transfer.direction === 'INCOMING') return <Ends transfer={transfer} onDone={onDone} />;
  if (transfer.direction === 'OUTGOING' && (transfer.status === 'AWAITING_CONFIRMATION' || (transfer.status === 'PROTECTED' && transfer.protection?.kind === 'CODE'))) return <Cancel id={transfer.id} onDone={onDone} />;
  if (transfer.direction === 'INCOMING' && transfer.kind === 'PAYMENT' && transfer.status === 'COMPLETED') return <Refund transfer={transfer} onDone={onDone} />;
  return null;
}

function Ends({ transfer, onDone }: { transfer: TransferPartsFragment; onDone: () => void }) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const accept = useAct(AcceptTransferDocument);
  const reject = useAct(RejectTransferDocument);
  return (
    <form onSubmit={async (e) => { e.preventDefault(); await accept.run({ input: { transferId: transfer.id, protectionCode: code } }); onDone(); }}>
      <Stack>
        {transfer.protection?.kind === 'CODE' && <TextInput label={t('enterProtectionCode')} value={code} onChange={(e) => setCode(e.currentTarget.value)} required autoComplete="off" maxLength={255} />}
        <Problems problems={[...accept.problems, ...reject.problems]} error={accept.error ?? reject.error} />
        <Group grow>
          {transfer.protection?.kind === 'CODE' && <Button type="submit" loading={accept.busy}>{t('accept')}</Button>}
          <Button variant="default" loading={reject.busy} onClick={async () => { await reject.run({ input: { transferId: transfer.id } }); onDone(); }}>{t('reject')}</Button>
        </Group>
      </Stack>
    </form>
  );
}

function Cancel({ id, onDone }: { id: string; onDone: () => void }) {
  const { t } = useTranslation();
  const cancel = useAct(CancelTransferDocument);
  return (
    <Stack>
      <Problems problems={cancel.problems} error={cancel.error} />
      <Button variant="default" loading={cancel.busy} onClick={async () => { await cancel.run({ input: { transferId: id } }); onDone(); }}>{t('cancelTransfer')}</Button>
    </Stack>
  );
}

function Refund({ transfer, onDone }: { transfer: TransferPartsFragment; onDone: () => void }) {
  const [{ data }] = useQuery({ query: MeDocument });
  return data?.viewer ? <RefundForm key={transfer.id} me={data.viewer.id} transfer={transfer} onDone={onDone} /> : null;
}

function RefundForm({ me, transfer, onDone }: { me: string; transfer: TransferPartsFragment; onDone: () => void }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState(false);
  const [amount, setAmount] = useState(transfer.amount.amount);
  const { refunding, problems, error, offline, refund, clear, ask } = useRefunding(me, transfer.id, () => { setAsked(false); onDone(); });
  const isRefused = problems.length > 0 || !!error;

  if (refunding.at === 'lost') {
    return (
      <Stack role="alert">
        <Title order={2} size="h4">{t('lostTitle')}</Title>
        <Text>{t('lostHint')}</Text>
        <Button onClick={() => void ask(refunding.begun)}>{t('askNow')}</Button>
      </Stack>
    );
  }
  if (!asked && !isRefused) return <Button variant="subtle" onClick={() => setAsked(true)}>{t('refund')}…</Button>; // what was begun before a reload may be refused after it
  return (
    <form onSubmit={(e) => { e.preventDefault(); refund(amount.trim().replace(',', '.')); }}>
      <Stack>
        <TextInput label={t('refundAmount')} value={amount} onChange={(e) => setAmount(e.currentTarget.value)} disabled={refunding.at === 'sending'} inputMode="decimal" required maxLength={20} />
        <Problems problems={problems} error={error} />
        {offline && <Text c="red" role="alert">{t('offlineSend')}</Text>}
        <Group grow>
          <Button variant="default" disabled={refunding.at === 'sending'} onClick={() => { clear(); setAsked(false); }}>{t('cancel')}</Button>
          <Button type="submit" loading={refunding.at === 'sending'}>{t('refund')}</Button>
        </Group>
      </Stack>
    </form>
  );
}
