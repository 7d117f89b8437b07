import { Button, Group, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { TransferPageDocument, type TransferPartsFragment } from '../../gql/graphql';
import { Downloading, useDownload } from '../../ui/download';
import { fateOf, nameOf } from '../../ui/fate';
import { DoneIcon } from '../../ui/icons';
import { useLiveQuery } from '../../ui/live-query';
import { Status } from '../../ui/parts';
import { AtTop, Sum } from './step';

// hasLeft tells that the money has left the wallet for good, or for a term.
const hasLeft = ({ status }: TransferPartsFragment) => status === 'COMPLETED' || status === 'PROTECTED';

type Props = { transfer: TransferPartsFragment; code?: string | null; onAnother: () => void };

// Done says what has become of what was sent, and what comes next.
export function Done({ transfer: sent, code, onAnother }: Props) {
  const { t } = useTranslation();
  const [{ data }] = useLiveQuery(TransferPageDocument, { id: sent.id });
  const file = useDownload();
  const now = data?.node?.__typename === 'Transfer' ? data.node : undefined;
  const transfer = now ?? sent; // it may be taken, or sent back, while this is read
  const urls = now?.receiptUrls;
  return (
    <Stack className="panel">
      <AtTop />
      <Stack align="center" gap="sm" role="status">
        {hasLeft(transfer) ? <Text c="teal" lh={0}><DoneIcon /></Text> : <Status status={transfer.status} />}
        <Sum {...transfer} whom={nameOf(transfer.to)} large />
        <Text ta="center" c={transfer.status === 'COMPLETED' ? 'dimmed' : undefined}>{transfer.status === 'COMPLETED' ? t(transfer.direction === 'INTERNAL' ? 'internal' : 'sentHint') : fateOf(transfer, t, code ?? undefined)}</Text>
      </Stack>
      <Button component={Link} to="/">{t('done')}</Button>
      <Group grow>
        <Button variant="default" component={Link} to={`/transfers/${encodeURIComponent(transfer.id)}`}>{t('details')}</Button>
        {urls && transfer.status === 'COMPLETED' && <Button variant="default" onClick={() => file.get(urls.pdf, 'receipt.pdf')}>{t('receipt')}</Button>}
      </Group>
      <Downloading {...file} />
      <Button variant="subtle" onClick={onAnother}>{t('another')}</Button>
    </Stack>
  );
}
