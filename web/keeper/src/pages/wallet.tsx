import { Button, Collapse, Group, Modal, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { useClient } from 'urql';
import { download } from '../api/documents';
import { CloseWalletDocument, RenameWalletDocument, SetDefaultWalletDocument, WalletPageDocument, type WalletPageQuery, type WalletPartsFragment } from '../gql/graphql';
import { money, time } from '../text/text';
import { Problems, useAct } from '../ui/act';
import { useLiveQuery } from '../ui/live-query';
import { useMore } from '../ui/more';
import { type Days, instants, isWrong, Period } from '../ui/period';
import { Copyable, Empty, Page, Waiting } from '../ui/parts';
import { WalletCard } from './home';

type Entry = NonNullable<NonNullable<WalletPageQuery['viewer']>['wallet']>['entries']['nodes'][number];

export default function WalletPage() {
  const { t } = useTranslation();
  const number = useParams().number!;
  const client = useClient();
  const [{ data, error, fetching, stale }, again] = useLiveQuery(WalletPageDocument, { number });
  const wallet = data?.viewer?.wallet;

  const older = useMore(wallet?.entries, number, fetching || stale, async (after) => {
    const next = await client.query(WalletPageDocument, { number, after }, { requestPolicy: 'network-only' });
    return { rows: next.data?.viewer?.wallet?.entries, error: next.error };
  });
  if (data && !wallet) return <Page title={t('wallets')}><Empty title={t('notFound')} hint={t('notFoundHint')} action={<Button component={Link} to="/wallets">{t('wallets')}</Button>} /></Page>;
  if (!wallet) return <Page title={t('wallets')}>{error ? <Problems error={error} retry={again} /> : <Waiting />}</Page>;
  const entries = [...wallet.entries.nodes, ...older.nodes];
  return (
    <Page title={wallet.name || wallet.currency.name}>
      <WalletCard wallet={wallet} bare />
      {!wallet.closedAt && (
        <Group grow maw={520}>
          <Button component={Link} to={`/send?from=${wallet.number}`}>{t('send')}</Button>
          <Button component={Link} to={`/receive?wallet=${wallet.number}`} variant="default">{t('receive')}</Button>
        </Group>
      )}
      <Group justify="space-between"><Copyable text={wallet.number} /><Actions wallet={wallet} onChange={again} /></Group>
      <section className="panel" aria-labelledby="statement">
        <Documents number={number} urls={wallet.statementUrls} />
        {entries.length === 0 && <Empty title={t('noEntries')} />}
        {entries.map((e) => <EntryRow key={e.id} entry={e} />)}
        <Problems error={older.error} />
        {older.hasMore && <Button variant="default" mt="sm" fullWidth loading={older.busy} onClick={older.more}>{t('loadMore')}</Button>}
      </section>
    </Page>
  );
}

// Documents downloads the statement of a period, or of all the time.
function Documents({ number, urls }: { number: string; urls: { pdf: string; csv: string } }) {
  const { t } = useTranslation();
  const [days, setDays] = useState<Days>({ from: '', until: '' });
  const [isOpen, { toggle }] = useDisclosure(false);
  const [failed, setFailed] = useState(false);
  function fetchFile(path: string, kind: string) {
    const url = new URL(path, location.href);
    for (const [name, at] of Object.entries(instants(days))) url.searchParams.set(name, at);
    void download(url.href, `${number}.${kind}`).then(() => setFailed(false), () => setFailed(true));
  }
  return (
    <>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4" id="statement">{t('statement')}</Title>
        <Group gap="xs">
          <Button size="xs" variant="subtle" aria-expanded={isOpen} aria-controls="period" onClick={toggle}>{t('period')}</Button>
          <Button size="xs" variant="default" disabled={isWrong(days)} aria-label={t('statementAs', { kind: 'PDF' })} onClick={() => fetchFile(urls.pdf, 'pdf')}>PDF</Button>
          <Button size="xs" variant="default" disabled={isWrong(days)} aria-label={t('statementAs', { kind: 'CSV' })} onClick={() => fetchFile(urls.csv, 'csv')}>CSV</Button>
        </Group>
      </Group>
      <Collapse expanded={isOpen} id="period"><Period days={days} onChange={setDays} /></Collapse>
      {failed && <Text c="red" role="alert">{t('notDownloaded')}</Text>}
    </>
  );
}

function EntryRow({ entry }: { entry: Entry }) {
  const { t } = useTranslation();
  const incoming = !entry.amount.amount.startsWith('-');
  const other = incoming ? entry.transfer.from : entry.transfer.to;
  return (
    <Link to={`/transfers/${encodeURIComponent(entry.transfer.id)}`} className="row" data-testid="entry" style={{ textDecoration: 'none', color: 'inherit' }}>
      <Group wrap="nowrap" justify="space-between" align="flex-start" className="line">
        <div className="line-name">
          <Text lineClamp={2} fw={500} className="name">{entry.transfer.kind === 'PAYMENT' || entry.transfer.kind === 'REFUND' ? other.displayName : t(`kind_${entry.transfer.kind}`)}</Text>
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

function Actions({ wallet, onChange }: { wallet: WalletPartsFragment; onChange: () => void }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<'rename' | 'close'>();
  const [name, setName] = useState(wallet.name);
  const rename = useAct(RenameWalletDocument);
  const makeDefault = useAct(SetDefaultWalletDocument);
  const close = useAct(CloseWalletDocument);
  const walletNumber = wallet.number;
  if (wallet.closedAt) return null;

  const finish = (payload: unknown) => {
    if (!payload) return;
    setAsked(undefined);
    onChange();
  };
  return (
    <Group gap="xs">
      <Button size="xs" variant="default" onClick={() => setAsked('rename')}>{t('rename')}</Button>
      {!wallet.isDefault && <Button size="xs" variant="default" loading={makeDefault.busy} onClick={async () => finish((await makeDefault.run({ input: { walletNumber } })).payload)}>{t('makeDefault')}</Button>}
      <Button size="xs" variant="default" onClick={() => setAsked('close')}>{t('closeWallet')}</Button>
      <Problems problems={makeDefault.problems} error={makeDefault.error} />
      <Modal opened={asked === 'rename'} onClose={() => setAsked(undefined)} title={t('rename')} closeButtonProps={{ 'aria-label': t('close') }}>
        <form onSubmit={async (e) => { e.preventDefault(); finish((await rename.run({ input: { walletNumber, name } })).payload); }}>
          <Stack>
            <TextInput label={t('walletName')} value={name} maxLength={64} data-autofocus onChange={(e) => setName(e.currentTarget.value)} />
            <Problems problems={rename.problems} error={rename.error} />
            <Button type="submit" loading={rename.busy}>{t('save')}</Button>
          </Stack>
        </form>
      </Modal>
      <Modal opened={asked === 'close'} onClose={() => setAsked(undefined)} title={t('closeWallet')} closeButtonProps={{ 'aria-label': t('close') }}>
        <Stack>
          <Text>{t('closeWalletSure')}</Text>
          <Problems problems={close.problems} error={close.error} />
          <Button color="red" loading={close.busy} onClick={async () => finish((await close.run({ input: { walletNumber } })).payload)}>{t('closeWallet')}</Button>
        </Stack>
      </Modal>
    </Group>
  );
}
