import { Autocomplete, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { grouped } from '../../api/numbers';
import { ContactsDocument } from '../../gql/graphql';

const MOST_SHOWN = 6;

type Known = { number: string; name: string };

// useKnown are the people whom one has named or paid lately. One may send without them: while they are not there, nothing is suggested.
function useKnown(): Known[] {
  const [{ data }] = useQuery({ query: ContactsDocument, variables: {} });
  const contacts = (data?.viewer?.contacts.nodes ?? []).map((c) => ({ number: c.walletNumber ?? c.wmid, name: c.name }));
  const lately = (data?.viewer?.suggestedContacts ?? []).map((c) => ({ number: c.wmid, name: c.displayName }));
  const all = [...contacts, ...lately];
  return all.filter((one, i) => all.findIndex((other) => other.number === one.number) === i);
}

// RecipientField takes a wallet's number, a WMID or a phone, and finds people by name among those who are known.
export function RecipientField({ value, onChange, error }: { value: string; onChange: (to: string) => void; error?: string }) {
  const { t } = useTranslation();
  const known = useKnown();
  const names = new Map(known.map((one) => [one.number, one.name]));
  const compact = (text: string) => text.replace(/\s/g, '').toLowerCase();
  const isLike = ({ number, name }: Known) => {
    const sought = value.trim().toLowerCase();
    return name.toLowerCase().includes(sought) || number.toLowerCase().includes(compact(sought));
  };
  const isWhole = names.has(value.trim());
  return (
    <Autocomplete
      name="to" label={t('to')} description={names.get(value.trim()) ?? t('toHint')} value={value} onChange={onChange} error={error} required maxLength={64} autoComplete="off"
      data={isWhole ? [] : known.filter(isLike).slice(0, MOST_SHOWN).map((one) => one.number)} filter={({ options }) => options}
      renderOption={({ option }) => <Stack gap={0}><Text fw={500}>{names.get(option.value)}</Text><Text size="sm" c="dimmed">{grouped(option.value)}</Text></Stack>}
    />
  );
}
