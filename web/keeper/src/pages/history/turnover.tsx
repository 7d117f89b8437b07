import { Group, Select, Skeleton, Text, Title, useComputedColorScheme } from '@mantine/core';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { TurnoverDocument, type TurnoverQuery, WalletsDocument } from '../../gql/graphql';
import { Problems } from '../../ui/act';
import { plus } from '../../ui/amount';
import { useLiveQuery } from '../../ui/live-query';

const Months = lazy(() => import('../../ui/months')); // with its library, which nothing else needs

const SHOWN_MONTHS = 6;

// monthsUntil are the first days of the last months, that of a date included.
function monthsUntil(date: string) {
  const [year, month] = date.split('-').map(Number);
  return Array.from({ length: SHOWN_MONTHS }, (_, i) => new Date(Date.UTC(year, month - SHOWN_MONTHS + i, 1)).toISOString().slice(0, 10));
}

type Month = NonNullable<TurnoverQuery['viewer']>['turnover'][number];

// still is a month in which nothing moved, in the currency of one in which something did.
function still(month: string, like: Month): Month {
  const amount = like.incoming.amount.replace(/\d/g, '0').replace(/^0+(?=0\.|0$)/, '');
  return { ...like, month, incoming: { ...like.incoming, amount }, outgoing: { ...like.outgoing, amount }, fees: { ...like.fees, amount } };
}

// withFees counts the fees of a month among what went: what came less what went is what a balance has changed by.
const withFees = (m: Month): Month => ({ ...m, outgoing: { ...m.outgoing, amount: plus(m.outgoing.amount, m.fees.amount) } });

const Drawing = () => <Skeleton height={186} aria-busy="true" />;

// Turnover draws what came and went in the last months.
export function Turnover() {
  const { t, i18n } = useTranslation();
  const theme = useComputedColorScheme();
  const [{ data: own }] = useLiveQuery(WalletsDocument, {});
  const currencies = [...new Map(own?.viewer?.wallets.map(({ currency: { letter, code } }) => [letter, { value: letter, label: code }])).values()];
  const [chosen, setChosen] = useState<string | null>(null);
  const currency = chosen ?? currencies[0]?.value ?? 'Z';
  const [to] = useState(() => new Date().toISOString().slice(0, 10));
  const names = useMemo(() => monthsUntil(to), [to]);
  const [{ data, error, fetching }, again] = useLiveQuery(TurnoverDocument, { currency, from: names[0], to });
  const months = useMemo(() => {
    const moved = data?.viewer?.turnover ?? [];
    return moved.length === 0 ? [] : names.map((month) => withFees(moved.find((m) => m.month === month) ?? still(month, moved[0])));
  }, [names, data]);
  const waits = !data && fetching;
  if (!waits && !error && months.length === 0 && currencies.length < 2) return null;
  return (
    <section className="panel" aria-labelledby="months">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4" id="months">{t('months')}</Title>
        {currencies.length > 1 && <Select aria-label={t('currency')} data={currencies} value={currency} onChange={setChosen} allowDeselect={false} w={110} />}
      </Group>
      {!data && error ? <Problems error={error} retry={again} /> : waits ? <Drawing /> : months.length === 0 ? <Text c="dimmed">{t('noMoves')}</Text> : <Suspense fallback={<Drawing />}><Months months={months} title={t('months')} came={t('came')} went={t('went')} language={i18n.language} theme={theme} /></Suspense>}
      {months.length > 0 && <Text size="sm" c="dimmed">{t('monthsHold')}</Text>}
    </section>
  );
}
