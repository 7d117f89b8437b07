import { Input, NumberInput, SegmentedControl, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProblemFragment, TransferProtectionInput } from '../../gql/graphql';
import { time } from '../../text/text';
import { of } from '../../ui/act';
import { told } from '../../ui/amount-field';

type Kind = 'none' | 'CODE' | 'TIME';

const DAY_MS = 86_400_000;
const SHORTEST = 4; // of a code
const MOST_DAYS = 120;

const timeIn = (days: number) => time(new Date(Date.now() + days * DAY_MS).toISOString());

// Protected is how a transfer is to be protected, but for the code.
export type Protected = { kind: Kind; days: number | string };

// useProtection holds how a transfer is to be protected; `was` is how it was to be before one left.
export function useProtection(was: Protected = { kind: 'none', days: 7 }) {
  const [kind, setKind] = useState<Kind>(was.kind);
  const [code, setCode] = useState('');
  const [days, setDays] = useState(was.days); // empty while it is typed anew
  const [left, setLeft] = useState(false); // the code's field: then what is in it is all that is meant
  const input: TransferProtectionInput | null = kind === 'none' ? null : { kind, days: Number(days), code: kind === 'CODE' ? code : null };
  const known = days === '' || (kind === 'CODE' && (code === '' || (code.length < SHORTEST && !left))) ? null : input; // what can be judged by now
  return { kind, setKind, code, setCode, days, setDays, leave: () => setLeft(true), input, known };
}

// Protect asks for it, and says what each way means.
export function Protect({ kind, setKind, code, setCode, days, setDays, leave, problems }: ReturnType<typeof useProtection> & { problems: ProblemFragment[] }) {
  const { t } = useTranslation();
  const hints = { none: 'protectNoneHint', CODE: 'protectCodeHint', TIME: 'protectTimeHint' };
  return (
    <>
      <Input.Wrapper size="md" label={t('protect')} labelElement="div" labelProps={{ id: 'protect' }} description={t(hints[kind])} inputWrapperOrder={['label', 'input', 'description']}>
        <SegmentedControl fullWidth size="sm" mb={6} aria-labelledby="protect" value={kind} onChange={(v) => setKind(v as Kind)} data={[{ value: 'none', label: t('protectOff') }, { value: 'CODE', label: t('protectCode') }, { value: 'TIME', label: t('protectTime') }]} />
      </Input.Wrapper>
      {kind === 'CODE' && <TextInput label={t('protectionCode')} value={code} onChange={(e) => setCode(e.currentTarget.value)} onBlur={leave} required maxLength={32} autoComplete="off" error={told(of(problems, 'code'))} />}
      {kind !== 'none' && (
        <NumberInput label={t(kind === 'CODE' ? 'daysToEnter' : 'daysOfTerm')} description={t(kind === 'CODE' ? 'backOn' : 'theirsOn', { day: timeIn(Math.min(Number(days) || 1, MOST_DAYS)) })} inputWrapperOrder={['label', 'input', 'description']}
          value={days} onChange={setDays} min={1} max={MOST_DAYS} allowDecimal={false} allowNegative={false} required withAsterisk={false} size="md" error={told(of(problems, 'days'))} />
      )}
    </>
  );
}
