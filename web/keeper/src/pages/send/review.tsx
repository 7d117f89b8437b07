import { Alert, Button, Stack, Text, Title } from '@mantine/core';
import { useNetwork } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { grouped } from '../../api/numbers';
import type { CreateTransferInput, QuoteQuery } from '../../gql/graphql';
import { money } from '../../text/text';

type Quote = NonNullable<QuoteQuery['transferQuote']['quote']>;

// What a person looks at before it is sent: the input with its key, the quote that was given for it, and what wallet and recipient were called.
export type Reviewed = { input: CreateTransferInput; quote: Quote; from: string; to: string };

// Review shows once more, and alone on the screen, what will be done. Nothing has left yet.
export function Review({ reviewed: { input, quote, from, to }, onSend, onChange }: { reviewed: Reviewed; onSend: () => void; onChange: () => void }) {
  const { t } = useTranslation();
  const { online } = useNetwork();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <Stack className="panel" data-testid="review">
      <Title order={2} size="h4" ref={heading} tabIndex={-1}>{t('reviewTitle')}</Title>
      <Costs quote={quote} feeNote={input.feePaidBy === 'RECIPIENT' ? t('feeByRecipient') : undefined}
        whom={<><dt>{t('to')}</dt><dd>{grouped(to)}</dd><dt>{t('from')}</dt><dd>{from}</dd></>}>
        {input.memo && <><dt>{t('memoOf')}</dt><dd>{input.memo}</dd></>}
        <dt>{t('protection')}</dt><dd>{protectionOf(input, t)}</dd>
      </Costs>
      {quote.recipient.certificateLevel === 'ALIAS' && <Text size="sm">{t('nameUnchecked')}</Text>}
      {!online && <Alert color="yellow" role="alert">{t('offlineSend')}</Alert>}
      <Button size="md" disabled={!online} onClick={onSend}>{t('sendNow', { amount: money(quote.total) })}</Button>
      <Button variant="subtle" onClick={onChange}>{t('back')}</Button>
    </Stack>
  );
}

function protectionOf({ protection }: CreateTransferInput, t: ReturnType<typeof useTranslation>['t']) {
  if (!protection) return t('protectNone');
  const kind = protection.kind === 'CODE' ? `${t('protectCode')}: ${protection.code}` : t('protectTime'); // a typing error in it would hold the money until the end
  return `${kind} · ${t('days')}: ${protection.days}`;
}

// Costs are a quote's figures, and what else is to be told in the same list.
export function Costs({ quote, feeNote, whom, children }: { quote: Quote; feeNote?: string; whom?: React.ReactNode; children?: React.ReactNode }) {
  const { t } = useTranslation();
  return (
    <dl className="facts">
      <dt>{t('recipient')}</dt><dd><b>{quote.recipient.displayName}</b> · {t(`level_${quote.recipient.certificateLevel}`)}</dd>
      {whom}
      <dt>{t('amount')}</dt><dd className="money">{money(quote.amount)}</dd>
      <dt>{t('fee')}</dt><dd><span className="money">{money(quote.fee)}</span>{feeNote && <Text size="sm" c="dimmed">{feeNote}</Text>}</dd>
      <dt>{t('toPay')}</dt><dd className="money"><b>{money(quote.total)}</b></dd>
      {children}
      <dt>{t('code')}</dt><dd>{quote.needsConfirmation ? t('needsCode') : t('noCode')}</dd>
    </dl>
  );
}
