import { Stack, Text } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { TransferPartsFragment } from '../../gql/graphql';
import { money } from '../../text/text';
import { type Figures, gets } from '../../ui/amount';
import { fitted } from '../../ui/parts';

// AtTop puts whoever comes to a step before the screen's heading, which names it, so that it is said and the next key goes on from there, or into the field that
// the step begins with; and again when something has happened there, which `after` counts.
export function AtTop({ after = 0 }: { after?: number }) {
  useEffect(() => (document.querySelector<HTMLElement>('main [data-autofocus]') ?? document.querySelector('h1'))?.focus(), [after]);
  return null;
}

// Sum says who gets how much, and what it costs beside that.
export function Sum({ total, whom, large, ...figures }: Figures & { total?: TransferPartsFragment['total']; whom: string; large?: boolean }) {
  const { t } = useTranslation();
  const { amount, fee, feePaidBy } = figures;
  const costs = Number(fee.amount) > 0 && total && t(feePaidBy === 'RECIPIENT' ? 'feeOutOf' : 'feeInAll', { fee: money(fee), total: money(total), gets: money(gets(figures)) });
  return (
    <Stack gap={2} align={large ? 'center' : undefined} ta={large ? 'center' : undefined} w="100%">
      {large ? <><Text fw={700} className="sum-large" style={fitted(money(amount))}>{money(amount)}</Text><Text>{whom}</Text></> : <Text fw={600}><span className="money">{money(amount)}</span> → {whom}</Text>}
      {costs && <Text size="sm" c="dimmed">{costs}</Text>}
    </Stack>
  );
}
