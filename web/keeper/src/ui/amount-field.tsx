import { Text, TextInput, type TextInputProps } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useTranslation } from 'react-i18next';
import { LONGEST, readAmount, writeAmount } from './amount';

type Props = Omit<TextInputProps, 'value' | 'onChange' | 'error'> & { value: string; onChange: (typed: string) => void; code?: string; problem?: string };

// AmountField takes an amount as the language writes it. Once it is left it is written anew, with its thousands apart; and what is none, or could be two, is told.
export function AmountField({ value, onChange, code, problem, ...field }: Props) {
  const { t, i18n: { language } } = useTranslation();
  const typedIn = useRef(language);
  const [left, setLeft] = useState(true);
  const amount = readAmount(value);
  const write = (grouped: boolean) => amount && onChange(writeAmount(amount, grouped));
  useEffect(() => { // another language, which may have been chosen in another tab, writes it otherwise
    const was = readAmount(value, typedIn.current);
    if (typedIn.current !== language && was) onChange(writeAmount(was));
    typedIn.current = language;
  }, [language]);
  // plain writes it without what keeps thousands apart, for it to be edited. Until the browser has placed the selection it is let alone: what is selected is typed over.
  const plain = (input: HTMLInputElement) => setTimeout(() => {
    if (!amount || input.value !== value || writeAmount(amount, false) === value || document.activeElement !== input) return;
    const isAll = input.selectionStart === 0 && input.selectionEnd === value.length;
    flushSync(() => write(false));
    if (isAll) input.select();
  });
  const wrong = left && value.trim() !== '' && !amount ? t(/\d[.,\s]/.test(value.trim()) ? 'amountHow' : 'amountInvalid') : undefined;
  return (
    <TextInput
      inputMode="decimal" autoComplete="off" maxLength={LONGEST} {...field} value={value} error={told(wrong ?? problem)}
      onChange={(e) => { setLeft(false); onChange(e.currentTarget.value); }}
      onFocus={(e) => plain(e.currentTarget)} onBlur={() => { setLeft(true); write(true); }} onKeyDown={(e) => e.key === 'Enter' && setLeft(true)}
      rightSection={code && <Text size="sm" c="dimmed">{code}</Text>} rightSectionWidth={code ? 64 : undefined}
    />
  );
}

// told is what is wrong with a field, for a field to show: it is said as it comes.
export const told = (problem?: string) => problem && <span role="alert">{problem}</span>;
