import { Autocomplete, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useClient, useQuery } from 'urql';
import { grouped } from '../../api/numbers';
import { ContactNamesDocument, type ContactNamesQuery, ContactsDocument } from '../../gql/graphql';
import { useMore } from '../../ui/more';

const MOST_SHOWN = 6;

type Known = { number: string; name: string };
type Named = NonNullable<ContactNamesQuery['viewer']>['contacts']['nodes'][number];

// useKnown are the people whom one has named or paid lately. Those behind the first page are asked for once a name is sought, and what did not come is asked for with
// the next letter: the server keeps 1,000 of them, and finds none by name. One may send without: while they are not there, they are not suggested.
function useKnown(sought: string): Known[] {
  const client = useClient();
  const [{ data, fetching }] = useQuery({ query: ContactsDocument, variables: {} });
  const first = data?.viewer?.contacts;
  const behind = useMore<Named>(first, '', fetching, async (after) => {
    const next = await client.query(ContactNamesDocument, { after });
    return { rows: next.data?.viewer?.contacts, error: next.error };
  });
  useEffect(() => {
    if (sought) behind.more();
  }, [sought, first, behind.nodes.length]);
  const contacts = [...(first?.nodes ?? []), ...behind.nodes].map((c) => ({ number: c.walletNumber ?? c.wmid, name: c.name }));
  const lately = (data?.viewer?.suggestedContacts ?? []).map((c) => ({ number: c.wmid, name: c.displayName }));
  const all = [...contacts, ...lately];
  return all.filter((one, i) => all.findIndex((other) => other.number === one.number) === i);
}

// tokenOf is what a payment link carries; nothing where it is none of ours.
function tokenOf(pasted: string) {
  const link = URL.canParse(pasted.trim()) ? new URL(pasted.trim()) : undefined;
  return link?.host === location.host && link.pathname === '/pay' ? (new URLSearchParams(link.hash.slice(1)).get('token') ?? '') : '';
}

// RecipientField takes a wallet's number, a WMID or a phone, and finds people by name among those who are known. A payment link that is pasted into it is followed.
export function RecipientField({ value, onChange, onLeave, onLink, error }: { value: string; onChange: (to: string) => void; onLeave: () => void; onLink: (token: string) => void; error?: React.ReactNode }) {
  const { t } = useTranslation();
  const [sought, setSought] = useState('');
  const known = useKnown(sought);
  const names = new Map(known.map((one) => [one.number, one.name]));
  const compact = (text: string) => text.replace(/\s/g, '').toLowerCase();
  const isLike = ({ number, name }: Known) => {
    const sought = value.trim().toLowerCase();
    return name.toLowerCase().includes(sought) || number.toLowerCase().includes(compact(sought));
  };
  const isWhole = names.has(value.trim());
  return (
    <Autocomplete
      name="to" label={t('to')} description={names.get(value.trim()) ?? t('toHint')} value={value} onChange={(to) => { setSought(to); onChange(to); }} onBlur={onLeave} onKeyDown={(e) => { if (e.key === 'Enter') onLeave(); }} onPaste={(e) => { const token = tokenOf(e.clipboardData.getData('text')); if (token) { e.preventDefault(); onLink(token); } }} error={error} required maxLength={64} autoComplete="off"
      data={isWhole ? [] : known.filter(isLike).slice(0, MOST_SHOWN).map((one) => one.number)} filter={({ options }) => options}
      renderOption={({ option }) => <Stack gap={0}><Text fw={500}>{names.get(option.value)}</Text><Text size="sm" c="dimmed">{grouped(option.value)}</Text></Stack>}
    />
  );
}
