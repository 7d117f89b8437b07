import { Select, Text } from '@mantine/core';
import type { WalletPartsFragment } from '../gql/graphql';
import { grouped } from '../api/numbers';
import { money } from '../text/text';

type Props = { label: string; wallets: WalletPartsFragment[]; value?: string; onChange: (number: string | null) => void };

const nameOf = (wallet: WalletPartsFragment) => wallet.name || wallet.currency.name;

// WalletSelect chooses one of one's own wallets: by its name first, and by its number where two are called alike.
export function WalletSelect({ label, wallets, value, onChange }: Props) {
  const of = new Map(wallets.map((w) => [w.number, w]));
  const called = (w: WalletPartsFragment) => (wallets.filter((other) => nameOf(other) === nameOf(w)).length > 1 ? `${nameOf(w)} …${w.number.slice(-4)}` : nameOf(w));
  const chosen = of.get(value ?? '');
  return (
    <Select
      label={label} value={value} onChange={onChange} allowDeselect={false} data={wallets.map((w) => ({ value: w.number, label: called(w) }))}
      description={chosen && money(chosen.balance)} inputWrapperOrder={['label', 'input', 'description', 'error']}
      renderOption={({ option }) => (
        <div style={{ minWidth: 0 }}>
          <Text fw={500} truncate>{option.label}</Text>
          <Text size="sm" c="dimmed">{money(of.get(option.value)!.balance)} · {grouped(option.value)}</Text>
        </div>
      )}
    />
  );
}
