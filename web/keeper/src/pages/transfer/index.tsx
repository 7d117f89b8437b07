import '../../text/account';
import { Anchor, Button, Menu, Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { useQuery } from 'urql';
import { grouped } from '../../api/numbers';
import { TransferPageDocument, type TransferPageQuery, type TransferPartsFragment, WalletsDocument } from '../../gql/graphql';
import { money, time } from '../../text/text';
import { Problems } from '../../ui/act';
import { gets, signOf } from '../../ui/amount';
import { Back } from '../../ui/back';
import { Block } from '../../ui/block';
import { Downloading, useDownload } from '../../ui/download';
import { fateOf, nameOf } from '../../ui/fate';
import { useLiveQuery } from '../../ui/live-query';
import { Copyable, Empty, Fact, fitted, Page, Status, Waiting } from '../../ui/parts';
import { Actions } from './actions';

type Shown = Extract<TransferPageQuery['node'], { __typename: 'Transfer' }>;

export default function Transfer() {
  const { t } = useTranslation();
  const id = useParams().id!;
  const [{ data, error }, again] = useLiveQuery(TransferPageDocument, { id });
  const transfer = data?.node?.__typename === 'Transfer' ? data.node : undefined;
  if (data && !transfer) return <div className="narrow"><Page title={t('transfer')}><Empty title={t('notFound')} hint={t('notFoundHint')} action={<Button component={Link} to="/history">{t('toHistory')}</Button>} /></Page></div>;
  if (!transfer) return <div className="narrow"><Page title={t('transfer')}>{error ? <Problems error={error} retry={again} /> : <Waiting />}</Page></div>;
  const fate = fateOf(transfer, t);
  return (
    <div className="narrow">
      <Back to="history" />
      <Page title={titleOf(transfer, t)} aside={<Status status={transfer.status} />}>
        <Stack className="panel">
          <Sum transfer={transfer} />
          {fate && <Text data-testid="fate">{fate}</Text>}
          <Facts transfer={transfer} />
          <Actions key={transfer.id} transfer={transfer} onDone={again} />
          <Receipt key={`${transfer.id} receipt`} transfer={transfer} />
        </Stack>
        {transfer.direction === 'INCOMING' && transfer.kind === 'PAYMENT' && transfer.from.wmid && <Stack><Block wmid={transfer.from.wmid} name={nameOf(transfer.from)} /></Stack>}
      </Page>
    </div>
  );
}

function titleOf({ kind, direction }: TransferPartsFragment, t: ReturnType<typeof useTranslation>['t']) {
  if (kind !== 'PAYMENT') return t(`kind_${kind}`);
  if (direction === 'INTERNAL') return t('internal');
  return t(direction === 'INCOMING' ? 'transferIn' : 'transferOut');
}

// Sum says what came or went, with whom and how it is made up; what has not moved, or went back, is without a sign.
function Sum({ transfer: x }: { transfer: TransferPartsFragment }) {
  const { t } = useTranslation();
  const isIn = x.direction === 'INCOMING';
  const isOver = ['EXPIRED', 'CANCELLED', 'RETURNED'].includes(x.status);
  const sign = signOf(x);
  const bearsFee = Number(x.fee.amount) > 0 && (x.feePaidBy === 'RECIPIENT') === isIn;
  const sum = sign + money(isIn ? gets(x) : x.total);
  return (
    <Stack gap={2} align="center" ta="center">
      <Title order={2} className={sign === '+' ? 'sum-large money-in' : 'sum-large'} style={fitted(sum)} c={isOver ? 'dimmed' : undefined}>{sum}</Title>
      {x.direction !== 'INTERNAL' && <Text>{t(isIn ? 'fromNamed' : 'toNamed', { name: nameOf(isIn ? x.from : x.to) })}</Text>}
      {bearsFee && <Text size="sm" c="dimmed">{t(isIn ? 'sumLessFee' : 'sumWithFee', { amount: money(x.amount), fee: money(x.fee) })}</Text>}
    </Stack>
  );
}

function Facts({ transfer: x }: { transfer: TransferPartsFragment }) {
  const { t } = useTranslation();
  const isInternal = x.direction === 'INTERNAL';
  const [{ data }] = useQuery({ query: WalletsDocument, pause: !isInternal });
  const own = new Map(isInternal ? data?.viewer?.wallets.map((w) => [w.number, w.name || w.currency.name]) : []); // both are of the same person
  const isFeeOthers = x.direction === 'INCOMING' && x.feePaidBy === 'SENDER';
  const hasFee = Number(x.fee.amount) > 0 && !isFeeOthers;
  return (
    <dl className="facts">
      <Fact name={t('fromWhom')}>{own.get(x.from.walletNumber) ?? x.from.displayName}<br /><span className="money">{grouped(x.from.walletNumber)}</span></Fact>
      <Fact name={t('to')}>{own.get(x.to.walletNumber) ?? x.to.displayName}<br /><span className="money">{grouped(x.to.walletNumber)}</span></Fact>
      {hasFee && <Fact name={t('amount')}>{money(x.amount)}</Fact>}
      {hasFee && <Fact name={t('fee')}><span className="money">{money(x.fee)}</span>{x.feePaidBy === 'RECIPIENT' && <Text size="sm" c="dimmed">{t('feeByRecipient')}</Text>}</Fact>}
      {Number(x.refunded.amount) > 0 && <Fact name={t(x.direction === 'OUTGOING' ? 'refundedToYou' : 'refunded')}>{money(x.refunded)}</Fact>}
      {x.memo && <Fact words name={t('memoOf')}>{x.memo}</Fact>}
      {x.refundOf && <Fact name={t('refundOf')}><Anchor component={Link} to={`/transfers/${encodeURIComponent(x.refundOf.id)}`} underline="always">{t('showTransfer')}</Anchor></Fact>}
      <Fact name={t('created')}>{time(x.createdAt)}</Fact>
      {x.completedAt && <Fact name={t(x.status === 'COMPLETED' ? 'completed' : 'ended')}>{time(x.completedAt)}</Fact>}
      <Fact name={t('transferId')}><Copyable text={x.id} shown={`…${x.id.slice(-8)}`} /></Fact>
    </dl>
  );
}

// Receipt offers the document of what has moved; of what waits there are the details. Where nothing moved there is nothing to show.
function Receipt({ transfer }: { transfer: Shown }) {
  const { t } = useTranslation();
  const file = useDownload();
  const get = (kind: 'pdf' | 'png') => file.get(transfer.receiptUrls[kind], `receipt.${kind}`);
  const isDone = transfer.status === 'COMPLETED' || transfer.status === 'RETURNED';
  return (
    <>
      {isDone && (
        <Menu position="bottom" width="target" shadow="md" withInitialFocusPlaceholder={false}>
          <Menu.Target><Button variant="default">{t('receipt')}</Button></Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => get('pdf')}>{t('asPdf')}</Menu.Item>
            <Menu.Item onClick={() => get('png')}>{t('asPng')}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      {transfer.status === 'PROTECTED' && <Button variant="subtle" onClick={() => get('pdf')}>{t('detailsPdf')}</Button>}
      <Downloading {...file} />
    </>
  );
}
