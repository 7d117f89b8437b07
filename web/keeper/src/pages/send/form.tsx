import { Alert, Button, NumberInput, SegmentedControl, Select, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useDebouncedValue, useMediaQuery, useNetwork } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { grouped, readRecipient } from '../../api/numbers';
import { PayRequestDocument, QuoteDocument, type RecipientInput, WalletsDocument } from '../../gql/graphql';
import { money } from '../../text/text';
import { Problems } from '../../ui/act';
import { useLiveQuery } from '../../ui/live-query';
import { Empty, Waiting } from '../../ui/parts';
import { usePay, usePayLink } from '../../ui/pay-link';
import { RecipientField } from './recipient';
import { Costs, type Reviewed } from './review';

const QUOTE_AFTER_MS = 350;

type Protection = 'none' | 'CODE' | 'TIME';

// Form is what is to be sent; its quote appears while one types. What is sent is what is reviewed next.
export function Form({ onReview, isShown, children }: { onReview: (reviewed: Reviewed) => void; isShown: boolean; children: React.ReactNode }) {
  const { t } = useTranslation();
  const payLink = usePayLink();
  const [asked] = useSearchParams();
  const [{ data, error }, again] = useLiveQuery(WalletsDocument, {});
  const wallets = data?.viewer?.wallets.filter((w) => !w.closedAt) ?? [];
  const [from, setFrom] = useState<string | null>(asked.get('from'));
  const [to, setTo] = useState(asked.get('to') ?? '');
  const [left, setLeft] = useState(false); // the field of the recipient: then what is in it is all that is meant
  const [amount, setAmount] = useState(asked.get('amount') ?? '');
  const [memo, setMemo] = useState(asked.get('memo') ?? '');
  const [byRecipient, setByRecipient] = useState(false);
  const [protection, setProtection] = useState<Protection>('none');
  const [code, setCode] = useState('');
  const [days, setDays] = useState<number>(7);
  const narrow = useMediaQuery('(max-width: 30em)');
  const pay = usePay();
  const [link] = useQuery({ query: PayRequestDocument, variables: { link: pay }, pause: !pay });
  const request = link.operation?.variables.link === pay ? link.data?.paymentRequest.request : undefined;
  const filled = useRef('');

  useEffect(() => { // what a payment link asks for, once: what has been changed since is not undone when it is asked for again
    if (!request || filled.current === pay) return;
    filled.current = pay;
    setTo(request.walletNumber);
    setAmount(request.amount?.amount ?? '');
    setMemo(request.memo ?? '');
    const own = wallets.find((w) => w.currency.letter === request.currency.letter);
    if (own) setFrom(own.number);
  }, [request, pay]);

  const source = wallets.find((w) => w.number === from) ?? wallets.find((w) => w.number.startsWith(to.charAt(0).toUpperCase()) && /^[a-z]/i.test(to)) ?? wallets[0];
  const { recipient, problem } = readRecipient(to, source?.currency.letter ?? '');
  const isAmount = /^\d+([.,]\d+)?$/.test(amount.trim());
  const decimal = amount.trim().replace(',', '.');
  const feePaidBy = byRecipient ? 'RECIPIENT' as const : 'SENDER' as const;
  const typed = JSON.stringify(source && recipient && isAmount ? { from: source.number, to: recipient, amount: decimal, feePaidBy } : null);
  const [settled] = useDebouncedValue(typed, QUOTE_AFTER_MS);
  const [quoted, quoteAgain] = useQuery({ query: QuoteDocument, variables: { input: JSON.parse(settled) }, pause: settled === 'null', requestPolicy: 'network-only' });
  const { online } = useNetwork();
  useEffect(() => {
    if (online && quoted.error) quoteAgain();
  }, [online]);
  useEffect(() => { // who comes back to it sees what it costs now
    if (isShown && settled !== 'null') quoteAgain();
  }, [isShown]);
  const isQuoted = settled === typed && settled !== 'null';
  // While another is asked for the last one is still there: what it says is of something else than what would be sent.
  const isOf = JSON.stringify(quoted.operation?.variables.input) === settled;
  const answer = isQuoted && isOf && !quoted.fetching && !quoted.stale ? quoted.data?.transferQuote : undefined;
  const quote = answer?.quote;

  function submit() {
    if (!source || !recipient || !quote) return;
    const input = {
      from: source.number, to: recipient as RecipientInput, amount: decimal, memo: memo || null, feePaidBy, idempotencyKey: crypto.randomUUID(),
      protection: protection === 'none' ? null : { kind: protection, days, code: protection === 'CODE' ? code : null },
    };
    onReview({ input, quote, from: `${source.name || source.currency.name} · ${grouped(source.number)}`, to: to.trim() });
  }
  if (!data) return error ? <Problems error={error} retry={again} /> : <Waiting />;
  if (wallets.length === 0) return <Empty title={t('noWallets')} hint={t('noWalletsHint')} action={<Button component={Link} to={`/wallets${payLink}`}>{t('openWallet')}</Button>} />;
  const wrong = { incomplete: left || to.length >= 12 || /^\+\d{15}/.test(to) ? t('numberIncomplete') : undefined, mistyped: t('numberMistyped'), currency: t('numberCurrency') };
  return (
    <form onSubmit={(e) => { e.preventDefault(); submit(); }}>
      <Stack className="panel">
        <Select label={t('from')} value={source?.number} onChange={setFrom} allowDeselect={false} data={wallets.map((w) => ({ value: w.number, label: `${money(w.balance)} · ${w.name || w.currency.name}` }))} />
        <RecipientField value={to} onChange={(next) => { setTo(next); setLeft(false); }} onLeave={() => setLeft(true)} error={problem && to !== '' ? wrong[problem] : undefined} />
        <TextInput name="amount" label={t('amount')} value={amount} onChange={(e) => setAmount(e.currentTarget.value)} inputMode="decimal" autoComplete="off" required maxLength={20} rightSection={<Text size="sm" c="dimmed">{source?.currency.code}</Text>} rightSectionWidth={64} error={amount !== '' && !isAmount ? t('amountInvalid') : undefined} />
        <TextInput label={t('memo')} value={memo} onChange={(e) => setMemo(e.currentTarget.value)} maxLength={255} autoComplete="off" />
        <Switch label={t('feeByRecipient')} checked={byRecipient} onChange={(e) => setByRecipient(e.currentTarget.checked)} />
        <div>
          <Text size="sm" fw={500} mb={4} id="protect">{t('protect')}</Text>
          <SegmentedControl fullWidth size={narrow ? 'md' : 'sm'} orientation={narrow ? 'vertical' : 'horizontal'} aria-labelledby="protect" value={protection} onChange={(v) => setProtection(v as Protection)} data={[{ value: 'none', label: t('protectNone') }, { value: 'CODE', label: t('protectCode') }, { value: 'TIME', label: t('protectTime') }]} />
        </div>
        {protection !== 'none' && (
          <>
            <Text size="sm" c="dimmed">{protection === 'CODE' ? t('protectCodeHint') : t('protectTimeHint')}</Text>
            {protection === 'CODE' && <TextInput label={t('protectionCode')} value={code} onChange={(e) => setCode(e.currentTarget.value)} required maxLength={32} autoComplete="off" />}
            <NumberInput label={t('days')} value={days} onChange={(v) => setDays(Number(v) || 1)} min={1} max={120} allowDecimal={false} size="md" />
          </>
        )}
        <div aria-live="polite" data-testid="quote">
          {quote ? <Costs quote={quote} /> : <Text c="dimmed" size="sm">{isQuoted && quoted.fetching ? t('quoting') : t('typeToQuote')}</Text>}
          <Problems problems={answer?.userErrors} error={isQuoted && online ? quoted.error : undefined} />
        </div>
        <Problems problems={link.data?.paymentRequest.userErrors} />
        {online ? children : <Alert color="yellow" role="alert">{t('offlineSend')}</Alert>}
        <Button type="submit" size="md" disabled={!quote || (answer?.userErrors.length ?? 0) > 0}>{t('review')}</Button>
      </Stack>
    </form>
  );
}
