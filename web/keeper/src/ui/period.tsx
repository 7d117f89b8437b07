import { Group, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';

// Days are the first and the last of a period, as date fields write them; empty is without an end there.
export type Days = { from: string; until: string };

// isWhole tells whether the year is typed to its end: a date field has a value from its first digit on.
const isWhole = (day: string) => /^[12]\d{3}-/.test(day);

// isWrong tells whether a period can be meant by nobody, or is not typed to its end yet.
export const isWrong = (days: Days) => isReversed(days) || [days.from, days.until].some((day) => day !== '' && !isWhole(day));

const isReversed = ({ from, until }: Days) => isWhole(from) && isWhole(until) && from > until;

// instants are a period as the API has it: from its first moment here to the first after it. One that ends before it begins is none.
export function instants(days: Days): { from?: string; to?: string } {
  if (isReversed(days)) return {};
  const { from, until } = days;
  const start = (day: string, plus: number) => {
    const [year, month, date] = day.split('-').map(Number);
    return new Date(year, month - 1, date + plus).toISOString();
  };
  return { ...(isWhole(from) && { from: start(from, 0) }), ...(isWhole(until) && { to: start(until, 1) }) };
}

// Period asks for the first and the last day.
export function Period({ days, onChange }: { days: Days; onChange: (days: Days) => void }) {
  const { t } = useTranslation();
  return (
    <Group grow align="start">
      <TextInput type="date" label={t('fromDay')} value={days.from} max={days.until || undefined} onChange={(e) => onChange({ ...days, from: e.currentTarget.value })} />
      <TextInput type="date" label={t('untilDay')} value={days.until} min={days.from || undefined} onChange={(e) => onChange({ ...days, until: e.currentTarget.value })} error={isReversed(days) ? t('daysReversed') : undefined} />
    </Group>
  );
}
