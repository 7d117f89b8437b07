import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { download } from '../api/documents';
import { grouped } from '../api/numbers';
import { AcceptTransferDocument, CancelTransferDocument, RefundTransferDocument, RejectTransferDocument, TransferPageDocument, type TransferPartsFragment } from '../gql/graphql';
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
  if (data && !transfer) return <Page title={t('transfer')}><Empty title={t('notFound')} /></Page>;
  if (!transfer) return <Page title={t('transfer')}>{error ? <Problems error={error} retry={again} /> : <Waiting />}</Page>;
  const receipt = (kind: 'pdf' | 'png') => download(transfer.receiptUrls[kind], `receipt.${kind}`).then(() => setFailed(false), () => setFailed(true));
  return (
    <Page title={t(`kind_${transfer.kind}`)} aside={<Status status={transfer.status} />}>
      <Stack className="panel narrow">
        <Title order={2} className="money" ta="center">{money(transfer.direction === 'INCOMING' ? transfer.amount : transfer.total)}</Title>
        <dl className="facts">
          <dt>{t('from')}</dt><dd>{transfer.from.displayName}<br /><span className="money">{grouped(transfer.from.walletNumber)}</span></dd>
          <dt>{t('to')}</dt><dd>{transfer.to.displayName}<br /><span className="money">{grouped(transfer.to.walletNumber)}</span></dd>
          <dt>{t('amount')}</dt><dd className="money">{money(transfer.amount)}</dd>
          <dt>{t('fee')}</dt><dd className="money">{money(transfer.fee)}</dd>
          {Number(transfer.refunded.amount) > 0 && <><dt>{t('refunded')}</dt><dd className="money">{money(transfer.refunded)}</dd></>}
          {transfer.memo && <><dt>{t('memoOf')}</dt><dd>{transfer.memo}</dd></>}
          <dt>{t('created')}</dt><dd>{time(transfer.createdAt)}</dd>
          {transfer.completedAt && <><dt>{t('completed')}</dt><dd>{time(transfer.completedAt)}</dd></>}
          {transfer.protection && transfer.status === 'PROTECTED' && <><dt>{t('protect')}</dt><dd>{t('protectedUntil', { time: time(transfer.protection.expiresAt) })}</dd></>}
          <dt>№</dt><dd><Copyable text={transfer.id} shown={`…${transfer.id.slice(-8)}`} /></dd>
        </dl>
        <Group grow preventGrowOverflow={false}>
          <Button variant="default" onClick={() => void receipt('pdf')}>{t('receipt')} PDF</Button>
          <Button variant="default" onClick={() => void receipt('png')}>{t('receipt')} PNG</Button>
        </Group>
        {failed && <Text c="red" role="alert">{t('failed')}</Text>}
        <Actions transfer={transfer} onDone={again} />
        {transfer.direction === 'INCOMING' && transfer.kind === 'PAYMENT' && transfer.from.wmid && <Block wmid={transfer.from.wmid} name={transfer.from.displayName} />}
      </Stack>
    </Page>
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
        {transfer.protection?.kind === 'CODE' && <TextInput label={t('enterProtectionCode')} value={code} onChange={(e) => setCode(e.currentTarget.value)} required autoComplete="off" maxLength={64} />}
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
  const { t } = useTranslation();
  const [asked, setAsked] = useState(false);
  const [amount, setAmount] = useState(transfer.amount.amount);
  const key = useRef(crypto.randomUUID()); // one for each refund: a repeat after a lost answer moves nothing twice
  const refund = useAct(RefundTransferDocument);

  async function submit() {
    const { payload } = await refund.run({ input: { transferId: transfer.id, amount: amount.trim().replace(',', '.'), idempotencyKey: key.current } });
    if (!payload) return;
    key.current = crypto.randomUUID();
    setAsked(false);
    onDone();
  }
  if (!asked) return <Button variant="subtle" onClick={() => setAsked(true)}>{t('refund')}…</Button>;
  return (
    <form onSubmit={(e) => { e.preventDefault(); void submit(); }}>
      <Stack>
        <TextInput label={t('refundAmount')} value={amount} onChange={(e) => { key.current = crypto.randomUUID(); setAmount(e.currentTarget.value); }} inputMode="decimal" required maxLength={20} />
        <Problems problems={refund.problems} error={refund.error} />
        <Group grow><Button variant="default" onClick={() => setAsked(false)}>{t('cancel')}</Button><Button type="submit" loading={refund.busy}>{t('refund')}</Button></Group>
      </Stack>
    </form>
  );
}
