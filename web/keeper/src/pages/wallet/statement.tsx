import { Button, Group, Menu, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { WalletPageQuery } from '../../gql/graphql';
import { money, time } from '../../text/text';
import { Downloading, useDownload } from '../../ui/download';
import { type Days, instants, isWrong, Period } from '../../ui/period';

type Entry = NonNullable<NonNullable<WalletPageQuery['viewer']>['wallet']>['entries']['nodes'][number];

// Documents downloads the statement of a period, or of all the time. The period is of the file: what the screen shows stays.
export function Documents({ number, urls, isEmpty }: { number: string; urls: { pdf: string; csv: string }; isEmpty: boolean }) {
  const { t } = useTranslation();
  const [days, setDays] = useState<Days>({ from: '', until: '' });
  const [isOpen, { toggle }] = useDisclosure(false);
  const file = useDownload();
  function fetchFile(path: string, kind: string) {
    const url = new URL(path, location.href);
    for (const [name, at] of Object.entries(isOpen ? instants(days) : {})) url.searchParams.set(name, at);
    file.get(url.href, `${number}.${kind}`);
  }
  return (
    <>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4" id="statement">{t('statement')}</Title>
        {!isEmpty && (
          <Menu position="bottom-end" shadow="md" withInitialFocusPlaceholder={false}>
            <Menu.Target><Button size="xs" variant="default">{t('download')}</Button></Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={toggle}>{t(isOpen ? 'fileAll' : 'filePeriod')}</Menu.Item>
              <Menu.Item disabled={isOpen && isWrong(days)} onClick={() => fetchFile(urls.pdf, 'pdf')}>{t('statementAs', { kind: 'PDF' })}</Menu.Item>
              <Menu.Item disabled={isOpen && isWrong(days)} onClick={() => fetchFile(urls.csv, 'csv')}>{t('statementAs', { kind: 'CSV' })}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </Group>
      {isOpen && !isEmpty && (
        <Stack gap="xs" mb="md">
          <Text size="sm" c="dimmed">{t('filePeriodHint')}</Text>
          <Period days={days} onChange={setDays} />
        </Stack>
      )}
      <Downloading {...file} />
    </>
  );
}

export function EntryRow({ entry }: { entry: Entry }) {
  const { t } = useTranslation();
  const incoming = !entry.amount.amount.startsWith('-');
  return (
    <Link to={`/transfers/${encodeURIComponent(entry.transfer.id)}`} className="row" data-testid="entry" style={{ textDecoration: 'none', color: 'inherit' }}>
      <Group wrap="nowrap" justify="space-between" align="flex-start" className="line">
        <div className="line-name">
          <Text lineClamp={2} fw={500} className="name">{whatOf(entry, incoming, t)}</Text>
          <Text size="sm" c="dimmed">{time(entry.postedAt)}</Text>
          {entry.transfer.memo && <Text size="sm" c="dimmed" lineClamp={2}>{entry.transfer.memo}</Text>}
        </div>
        <Stack gap={2} align="flex-end" className="line-sum">
          <Text fw={600} className={incoming ? 'sum money money-in' : 'sum money'}>{money(entry.amount, true)}</Text>
          <Text size="sm" c="dimmed" className="money">{t('balanceAfter', { amount: money(entry.balanceAfter) })}</Text>
        </Stack>
      </Group>
    </Link>
  );
}

// whatOf names the other side. What came in of a payment that one has sent is that payment, come back.
function whatOf({ transfer: { kind, direction, from, to } }: Entry, incoming: boolean, t: ReturnType<typeof useTranslation>['t']) {
  if (kind !== 'PAYMENT' && kind !== 'REFUND') return t(`kind_${kind}`);
  if (direction === 'INTERNAL') return t('internal');
  if (kind === 'REFUND') return `${t('kind_REFUND')} · ${incoming ? from.displayName : to.displayName}`;
  if (direction === 'OUTGOING') return incoming ? t('cameBack', { name: to.displayName }) : to.displayName;
  return from.displayName;
}
