import { Alert, Anchor, Button, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useDebouncedValue, useNetwork } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { grouped, readRecipient } from '../../api/numbers';
import { QuoteDocument, type ProblemFragment, type RecipientInput, WalletsDocument } from '../../gql/graphql';
import { of, Problems } from '../../ui/act';
import { readAmount, writeAmount } from '../../ui/amount';
import { AmountField, told } from '../../ui/amount-field';
import { useLiveQuery } from '../../ui/live-query';
import { oneLine } from '../../ui/one-line';
import { Empty, Waiting } from '../../ui/parts';
import { usePayLink } from '../../ui/pay-link';
import { WalletSelect } from '../../ui/wallet-select';
import { useAsked } from './asked';
import { useDraft } from './draft';
import { Protect, useProtection } from './protect';
import { RecipientField } from './recipient';
import { Costs, type Reviewed } from './review';

const QUOTE_AFTER_MS = 350;
const RESTED_MS = 1_000; // then what has been typed is taken for all of it

// Form is what is to be sent; its quote appears while one types. What is sent is what is reviewed next. It is open until then, also while it is not shown.
export function Form({ me, onReview, isOpen, isShown, problems, children }: { me: string; onReview: (reviewed: Reviewed) => void; isOpen: boolean; isShown: boolean; problems: ProblemFragment[]; children: React.ReactNode }) {
  const { t } = useTranslation();
  const payLink = usePayLink();
  const go = useNavigate();
  const [asked] = useSearchParams();
  const [{ data, error }, again] = useLiveQuery(WalletsDocument, {});
  const wallets = data?.viewer?.wallets.filter((w) => !w.closedAt) ?? [];
  const [draft, keep] = useDraft(me);
  const [from, setFrom] = useState<string | null>(draft?.from ?? asked.get('from'));
  const [to, setTo] = useState(draft?.to ?? asked.get('to') ?? '');
  const [left, setLeft] = useState(to !== ''); // the field of the recipient: then what is in it is all that is meant
  const [amount, setAmount] = useState(draft?.amount ?? '');
  const [memo, setMemo] = useState(draft?.memo ?? '');
  const [byRecipient, setByRecipient] = useState(draft?.byRecipient ?? false);
  const protection = useProtection(draft?.protection);
  const link = useAsked((request) => {
    setTo(request?.walletNumber ?? '');
    setAmount(writeAmount(request?.amount?.amount ?? ''));
    setMemo(request?.memo ?? '');
    const own = wallets.find((w) => w.currency.letter === request?.currency.letter);
    if (own) setFrom(own.number);
  }, draft?.link);
  keep(isOpen ? { from, to, amount, memo, byRecipient, protection: { kind: protection.kind, days: protection.days }, link: link.filled.current } : undefined); // not the code that protects: it is asked for anew

  const source = wallets.find((w) => w.number === from) ?? wallets.find((w) => w.number.startsWith(to.charAt(0).toUpperCase()) && /^[a-z]/i.test(to)) ?? wallets[0];
  const [rested] = useDebouncedValue(to, RESTED_MS);
  const read = (isAll: boolean) => readRecipient(to, source?.currency.letter ?? '', isAll);
  const { recipient, problem } = read(left || rested === to);
  const decimal = readAmount(amount);
  const feePaidBy = byRecipient ? 'RECIPIENT' as const : 'SENDER' as const;
  const typed = JSON.stringify(source && recipient && decimal ? { from: source.number, to: recipient, amount: decimal, feePaidBy, protection: protection.known } : null);
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
  const refusals = answer?.userErrors ?? [];
  const ofRecipient = refusals.find((p) => p.field?.includes('to'));
  const others = problems.filter(({ code }) => !refusals.some((p) => p.code === code)); // of what was sent, where the quote does not say the same
  const ofProtection = [...refusals, ...others].filter((p) => p.field?.includes('protection'));
  const isWrong = (to !== '' && problem && problem !== 'incomplete') || (amount !== '' && !decimal) || refusals.length > 0;

  function submit() {
    protection.leave();
    if (!source || !recipient || !quote || !decimal || protection.known !== protection.input) return;
    const input = {
      from: source.number, to: recipient as RecipientInput, amount: decimal, memo: memo || null, feePaidBy, idempotencyKey: crypto.randomUUID(),
      protection: protection.input,
    };
    onReview({ input, quote, from: `${source.name || source.currency.name}\n${grouped(source.number)}`, to: to.trim() });
  }
  if (!data || link.isAwaited) return error ? <Problems error={error} retry={again} /> : <Waiting />;
  if (wallets.length === 0) return <Empty title={t('noWallets')} hint={t('noWalletsHint')} action={<Button component={Link} to={`/wallets${payLink}`}>{t('openWallet')}</Button>} />;
  const isForeign = !wallets.some((w) => w.currency.letter === to.trim().charAt(0).toUpperCase());
  const wrong = { incomplete: !read(true).recipient && (left || to.length >= 12 || /^\+\d{15}/.test(to)) ? t('numberIncomplete') : undefined, mistyped: t('numberMistyped'), currency: isForeign ? <>{t('numberForeign')} <Anchor component={Link} to={`/wallets${payLink}`} inherit underline="always">{t('openWallet')}</Anchor></> : t('numberCurrency') };
  return (
    <form onSubmit={(e) => { e.preventDefault(); submit(); }}>
      <Stack className="panel">
        <Problems error={link.error} retry={link.again} />
        {link.isBad && <Alert color="red" variant="light" role="alert">{t('payLinkBad')}</Alert>}
        {wallets.some((w) => w.number === link.request?.walletNumber) && <Alert color="yellow" variant="light" role="status">{t('payOwn')}</Alert>}
        <WalletSelect label={t('from')} wallets={wallets} value={source?.number} onChange={setFrom} />
        <RecipientField value={to} onChange={(next) => { setTo(next); setLeft(false); }} onLeave={() => setLeft(true)} onLink={(token) => (token === link.pay ? link.refill() : void go(`/send#pay=${encodeURIComponent(token)}`, { replace: true }))} error={problem && to !== '' ? wrong[problem] : told(ofRecipient?.message)} />
        <AmountField name="amount" label={t('amount')} value={amount} onChange={setAmount} required code={source?.currency.code} problem={of(refusals, 'amount')} />
        <TextInput label={t('memo')} value={memo} onChange={(e) => setMemo(oneLine(e.currentTarget.value))} maxLength={255} autoComplete="off" error={told(of(others, 'memo'))} />
        <Switch label={t('feeByRecipient')} checked={byRecipient} onChange={(e) => setByRecipient(e.currentTarget.checked)} />
        <Protect {...protection} problems={ofProtection} />
        <Stack aria-live="polite" data-testid="quote">
          {quote ? <Costs quote={quote} feePaidBy={feePaidBy} isRefused={refusals.length > 0} /> : isQuoted && quoted.fetching ? <Text c="dimmed" size="sm">{t('quoting')}</Text> : !isWrong && !quoted.error && <Text c="dimmed" size="sm">{t('typeToQuote')}</Text>}
          <Problems problems={refusals.filter((p) => p !== ofRecipient && p.field?.at(-1) !== 'amount' && !ofProtection.includes(p))} error={isQuoted && online ? quoted.error : undefined} retry={quoted.error && (() => quoteAgain())} />
        </Stack>
        <Problems problems={others.filter((p) => !ofProtection.includes(p) && p.field?.at(-1) !== 'memo')} />
        {children}
        <Button type="submit" size="md" disabled={!online || !quote || refusals.length > 0}>{t('review')}</Button>
        {!online && <Text size="sm" c="dimmed" role="alert">{t('offlineSend')}</Text>}
      </Stack>
    </form>
  );
}
