import { Alert, Button, Group, Loader, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { useRefunding } from '../../api/refunding';
import { MeDocument, type TransferPartsFragment } from '../../gql/graphql';
import { money } from '../../text/text';
import { of, Problems } from '../../ui/act';
import { gets, minus, readAmount, writeAmount } from '../../ui/amount';
import { AmountField } from '../../ui/amount-field';
import { Told } from '../../ui/form';

type Props = { transfer: TransferPartsFragment; onDone: () => void };

export function Refund(props: Props) {
  const [{ data }] = useQuery({ query: MeDocument });
  return data?.viewer ? <RefundForm me={data.viewer.id} {...props} /> : null;
}

function RefundForm({ me, transfer, onDone }: Props & { me: string }) {
  const { t } = useTranslation();
  const { currency } = transfer.amount;
  const left = minus(transfer.amount.amount, transfer.refunded.amount);
  const got = gets(transfer).amount; // what one has of it, where one has paid the fee
  const most = Number(got) > Number(transfer.refunded.amount) ? minus(got, transfer.refunded.amount) : left;
  const [typed, setTyped] = useState<string>(); // undefined while nothing is asked for
  const [done, setDone] = useState('');
  const { refunding, problems, error, offline, refund, again, drop, clear, ask } = useRefunding(me, transfer.id, (amount) => {
    setTyped(undefined);
    setDone(amount);
    onDone();
  });
  const sum = (amount: string) => money({ amount: minus(amount, minus(left, left)), currency }); // with all the places of its currency
  const isRefused = problems.length > 0 || !!error;

  if (refunding.at === 'lost') {
    return (
      <Stack role="alert">
        <Title order={2} size="h4">{t('lostTitle')}</Title>
        <Group wrap="nowrap"><Loader size="sm" /><Text>{t('lostChecks')}</Text></Group>
        <Button onClick={() => void ask(refunding.begun)}>{t('checkNow')}</Button>
      </Stack>
    );
  }
  if (refunding.at === 'unsent') {
    return (
      <Stack role="alert">
        <Title order={2} size="h4">{refunding.isDropped ? `${t('dropTitle')}…` : t('notSentTitle')}</Title>
        <Text>{refunding.isDropped ? sum(refunding.begun.amount) : t('refundNotSent', { amount: sum(refunding.begun.amount) })}</Text>
        <Problems problems={problems} error={error} />
        <Group grow>
          <Button variant="default" loading={refunding.isDropped} onClick={drop}>{t('dontSend')}</Button>
          <Button disabled={refunding.isDropped} onClick={again}>{t('refund')}</Button>
        </Group>
        {refunding.isDropped && <Text size="sm" role="status">{t('dropWaits')}</Text>}
      </Stack>
    );
  }
  if (typed === undefined && !isRefused) { // what was begun before a reload may be refused after it
    return (
      <>
        {done && <Told key={transfer.refunded.amount}>{t('refundDone', { amount: sum(done) })}</Told>}
        {Number(left) > 0 && <Button variant="default" onClick={() => { setDone(''); setTyped(writeAmount(most)); }}>{t('refund')}…</Button>}
      </>
    );
  }
  const value = typed ?? writeAmount(most);
  const amount = readAmount(value);
  return (
    <form onSubmit={(e) => { e.preventDefault(); if (amount) refund(amount); }}>
      <Stack>
        <AmountField autoFocus={!isRefused} label={t('refundAmount')} description={`${t('refundUpTo', { amount: money({ amount: left, currency }) })}${got === transfer.amount.amount ? '' : ` · ${t('refundGot', { amount: money({ amount: got, currency }) })}`}`} value={value} onChange={setTyped} code={currency.code} problem={of(problems, 'amount')} disabled={refunding.at === 'sending'} required />
        <Problems problems={problems.filter((p) => p.field?.at(-1) !== 'amount')} error={error} />
        {offline && <Alert color="yellow" role="alert">{t('offlineSend')}</Alert>}
        <Group grow>
          <Button variant="default" disabled={refunding.at === 'sending'} onClick={() => { clear(); setTyped(undefined); }}>{t('cancel')}</Button>
          <Button type="submit" loading={refunding.at === 'sending'}>{t('refund')}</Button>
        </Group>
      </Stack>
    </form>
  );
}
