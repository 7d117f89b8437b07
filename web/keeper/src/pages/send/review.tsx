import { Alert, Button, Stack, Text } from '@mantine/core';
import { useNetwork } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type CombinedError, useClient, useQuery } from 'urql';
import { grouped } from '../../api/numbers';
import type { Quote } from '../../api/sending';
import { type CreateTransferInput, FactorsDocument, type FeePayer, type ProblemFragment, QuoteDocument } from '../../gql/graphql';
import { money } from '../../text/text';
import { Problems } from '../../ui/act';
import { useAlive } from '../../ui/alive';
import { gets } from '../../ui/amount';
import { Fact } from '../../ui/parts';
import { AtTop } from './step';

// What a person looks at before it is sent: the input with its key, the quote that was given for it, and what wallet and recipient were called. `was` is the quote
// that was looked at before, where another has taken its place.
export type Reviewed = { input: CreateTransferInput; quote: Quote; from: string; to: string; was?: Quote };

type Looked = { reviewed: Reviewed; onSend: () => void; onOther: (next: Reviewed) => void; onGone: (because: ProblemFragment[]) => void };

const differences = (was: Quote, now: Quote) =>
  ([['recipient', was.recipient.displayName, now.recipient.displayName], ['fee', money(was.fee), money(now.fee)], ['toPay', money(was.total), money(now.total)]] as const)
    .filter(([, before, after]) => before !== after);

// useLastLook asks right before it is sent who would get it, and what it costs: nothing is sent that differs from what was looked at. What cannot be had any more is
// for the form to say.
function useLastLook({ reviewed, onSend, onOther, onGone }: Looked) {
  const client = useClient();
  const [looks, setLooks] = useState(0);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<CombinedError>();
  const isHere = useAlive();

  async function look() {
    const { from, to, amount, feePaidBy, protection } = reviewed.input;
    setBusy(true);
    setError(undefined);
    const answer = await client.query(QuoteDocument, { input: { from, to, amount, feePaidBy, protection } }, { requestPolicy: 'network-only' });
    if (!isHere()) return; // whoever has gone back meanwhile sends nothing
    setBusy(false);
    setLooks((was) => was + 1);
    if (answer.error) return setError(answer.error);
    const { quote, userErrors } = answer.data!.transferQuote;
    if (!quote || userErrors.length > 0) return onGone(userErrors);
    if (differences(reviewed.quote, quote).length > 0) return onOther({ ...reviewed, quote, was: reviewed.quote });
    onSend();
  }
  return { look, looks, busy, error };
}

// Review shows once more, and alone on the screen, what will be done. Nothing has left yet.
// `unsent` is for what was sent before and has not arrived, `isDropped` for what of that is not wanted any more, and may arrive yet.
export function Review({ onChange, unsent, isDropped, children, ...looked }: Looked & { onChange: () => void; unsent?: boolean; isDropped?: boolean; children?: React.ReactNode }) {
  const { t } = useTranslation();
  const { online } = useNetwork();
  const { input, quote, was, from, to } = looked.reviewed;
  const { look, looks, busy, error } = useLastLook(looked);
  return (
    <Stack className="panel" data-testid="review">
      <AtTop after={looks} />
      {unsent && !isDropped && <Alert color="yellow" role="alert">{t('notSent')}</Alert>}
      {was && (
        <Alert color="yellow" role="alert">
          {t('reviewChanged')}
          {differences(was, quote).map(([what, before, after]) => <div key={what}>{t(what)}: {before} → {after}</div>)}
        </Alert>
      )}
      <Costs quote={quote} feePaidBy={input.feePaidBy} whom={<><Fact name={t('to')}>{grouped(to)}</Fact><Fact name={t('from')}>{from.split('\n').map((line) => <div key={line}>{line}</div>)}</Fact></>}>
        {input.memo && <Fact words name={t('memoOf')}>{input.memo}</Fact>}
        <Fact name={t('protection')}>{protectionOf(input, t)}</Fact>
      </Costs>
      {!online && <Alert color="yellow" role="alert">{t('offlineSend')}</Alert>}
      <Problems error={error} />
      {children}
      <Button size="md" disabled={!online || isDropped} loading={busy} onClick={() => void look()}>{t('sendNow', { amount: money(quote.total) })}</Button>
      <Button variant="subtle" loading={isDropped} onClick={onChange}>{t(unsent ? 'dontSend' : 'back')}</Button>
      {isDropped && <Text size="sm" role="status">{t('dropWaits')}</Text>}
    </Stack>
  );
}

function protectionOf({ protection }: CreateTransferInput, t: ReturnType<typeof useTranslation>['t']) {
  if (!protection) return t('protectOff');
  const { kind, code, days } = protection; // a typing error in the code would hold the money until the end
  return kind === 'CODE' ? t('protectedByCode', { code, count: days }) : t('protectedByTime', { count: days });
}

type CostsProps = { quote: Quote; feePaidBy?: FeePayer; isRefused?: boolean; whom?: React.ReactNode; children?: React.ReactNode };

// Costs are a quote's figures, and what else is to be told in the same list. Where the quote is refused, nothing will be asked for.
export function Costs({ quote, feePaidBy = 'SENDER', isRefused, whom, children }: CostsProps) {
  const { t } = useTranslation();
  const [{ data }] = useQuery({ query: FactorsDocument, pause: !quote.needsConfirmation });
  const how = !quote.needsConfirmation ? 'byNothing' : data?.viewer?.secondFactors.passkeys.length ? 'byPasskey' : 'byCode';
  const { displayName, certificateLevel } = quote.recipient;
  return (
    <dl className="facts">
      <Fact name={t('recipient')} remark={certificateLevel === 'ALIAS' && <Text size="sm" c="dimmed">{t('nameUnchecked')}</Text>}><b>{displayName}</b><Text fz={13} c="dimmed">{t('certificate')}: {t(`level_${certificateLevel}`)}</Text></Fact>
      {whom}
      <Fact name={t('amount')}>{money(quote.amount)}</Fact>
      <Fact name={t('fee')}><span className="money">{money(quote.fee)}</span>{feePaidBy === 'RECIPIENT' && <Text size="sm" c="dimmed">{t('feeByRecipient')}</Text>}</Fact>
      {feePaidBy === 'RECIPIENT' && !isRefused && <Fact name={t('gets')}>{money(gets({ ...quote, feePaidBy }))}</Fact>}
      <Fact name={t('toPay')}><b>{money(quote.total)}</b></Fact>
      {children}
      {!isRefused && <Fact name={t('confirmation')}>{t(how)}</Fact>}
    </dl>
  );
}
