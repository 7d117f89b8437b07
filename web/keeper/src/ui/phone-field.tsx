import { Select, Stack, TextInput } from '@mantine/core';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { countries, guessCountry, mask, within, written } from '../api/phones';

const digitsBefore = (text: string, at: number) => text.slice(0, at).replace(/\D/g, '').length;

// PhoneField asks for a phone: its country from a list that can be searched, and the number as that country writes it. It comes with a library that nothing
// else needs.
export default function PhoneField({ value, onChange, error, name = 'phone', label }: { value: string; onChange: (phone: string) => void; error?: string; name?: string; label?: string }) {
  const { t, i18n } = useTranslation();
  const [country, setCountry] = useState(() => (value ? written(value, guessCountry()).country : guessCountry()));
  const list = useMemo(() => countries(i18n.language), [i18n.language]);
  const field = useRef<HTMLInputElement>(null);
  const caret = useRef<number>(undefined); // how many digits lie before it, where it is not at the end

  useLayoutEffect(() => {
    if (caret.current === undefined || !field.current) return;
    let at = 0;
    for (let seen = 0; at < value.length && seen < caret.current; at++) if (/\d/.test(value[at])) seen++;
    field.current.setSelectionRange(at, at);
    caret.current = undefined;
  }, [value]);

  useEffect(() => { // a number that is there already
    if (value) onChange(written(value, country).text);
  }, []);

  function type(typed: string, at: number) {
    if (at < typed.length) caret.current = digitsBefore(typed, at);
    const next = written(typed, country);
    setCountry(next.country);
    onChange(next.text === '+' && value.length > 1 ? '' : next.text); // a + that is left of a number goes with it; one that is typed names a country
  }
  return (
    <Stack>
      <Select label={t('country')} data={list} value={country} searchable allowDeselect={false} nothingFoundMessage={t('countryNothing')} maxDropdownHeight={280} checkIconPosition="right" comboboxProps={{ shadow: 'md' }} autoComplete="off"
        onChange={(to) => { if (!to) return; const next = within(value, country, to as typeof country); setCountry(next.country); onChange(next.text); field.current?.focus(); }} />
      <TextInput ref={field} label={label ?? t('phone')} type="tel" name={name} autoComplete="tel" inputMode="tel" required value={value} placeholder={mask(country)}
        onChange={(e) => type(e.currentTarget.value, e.currentTarget.selectionStart ?? e.currentTarget.value.length)} error={error} aria-invalid={!!error} />
    </Stack>
  );
}
