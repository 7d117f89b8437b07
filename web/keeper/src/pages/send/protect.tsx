import { Input, NumberInput, SegmentedControl, TextInput } from '@mantine/core';
import i18n from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { TransferProtectionInput } from '../../gql/graphql';

type Kind = 'none' | 'CODE' | 'TIME';

const DAY_MS = 86_400_000;

const dayIn = (days: number) => new Intl.DateTimeFormat(i18n.language, { day: 'numeric', month: 'long' }).format(Date.now() + days * DAY_MS).replace(/ /g, '\u00a0');

// useProtection holds how a transfer is to be protected.
export function useProtection() {
  const [kind, setKind] = useState<Kind>('none');
  const [code, setCode] = useState('');
  const [days, setDays] = useState(7);
  const input: TransferProtectionInput | null = kind === 'none' ? null : { kind, days, code: kind === 'CODE' ? code : null };
  return { kind, setKind, code, setCode, days, setDays, input };
}

// Protect asks for it, and says what each way means.
export function Protect({ kind, setKind, code, setCode, days, setDays }: ReturnType<typeof useProtection>) {
  const { t } = useTranslation();
  const hints = { none: 'protectNoneHint', CODE: 'protectCodeHint', TIME: 'protectTimeHint' };
  return (
    <>
      <Input.Wrapper size="md" label={t('protect')} labelElement="div" labelProps={{ id: 'protect' }} description={t(hints[kind])} inputWrapperOrder={['label', 'input', 'description']}>
        <SegmentedControl fullWidth size="sm" mb={6} aria-labelledby="protect" value={kind} onChange={(v) => setKind(v as Kind)} data={[{ value: 'none', label: t('protectOff') }, { value: 'CODE', label: t('protectCode') }, { value: 'TIME', label: t('protectTime') }]} />
      </Input.Wrapper>
      {kind === 'CODE' && <TextInput label={t('protectionCode')} value={code} onChange={(e) => setCode(e.currentTarget.value)} required maxLength={32} autoComplete="off" />}
      {kind !== 'none' && (
        <NumberInput label={t(kind === 'CODE' ? 'daysToEnter' : 'daysOfTerm')} description={t(kind === 'CODE' ? 'backOn' : 'theirsOn', { day: dayIn(days) })} inputWrapperOrder={['label', 'input', 'description']}
          value={days} onChange={(v) => setDays(Number(v) || 1)} min={1} max={120} allowDecimal={false} size="md" />
      )}
    </>
  );
}
