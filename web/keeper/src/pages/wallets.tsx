import { Alert, Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useClient } from 'urql';
import { OpenWalletDocument, OpenWalletsDocument, WalletsDocument } from '../gql/graphql';
import { Problems, useAct } from '../ui/act';
import { Dialog } from '../ui/dialog';
import { useLiveQuery } from '../ui/live-query';
import { oneLine } from '../ui/one-line';
import { CardsWaiting, Empty, Page } from '../ui/parts';
import { usePayLink, usePayRequest } from '../ui/pay-link';
import { WalletCard } from './home';

type Asked = { letter: string; name: string; before: Set<string> }; // the wallets there were before it

export default function Wallets() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useLiveQuery(WalletsDocument, {});
  const [opening, setOpening] = useState(false);
  const [currency, setCurrency] = useState<string | null>('Z');
  const [name, setName] = useState('');
  const open = useAct(OpenWalletDocument);
  const client = useClient();
  const unsure = useRef<Asked>(undefined); // while it is not known whether it has been opened
  const dialog = useRef<object>(undefined); // that is open: a late answer to what was asked in another closes nothing
  const [busy, setBusy] = useState(false);
  const payLink = usePayLink();
  const { pay, request, isBad, isAwaited } = usePayRequest();
  const asked = request?.currency; // of a payment that cannot be made from any other wallet

  function begin() {
    if (asked) setCurrency(asked.letter);
    open.clear();
    dialog.current = {};
    setOpening(true);
  }
  // isThere looks whether what was asked for has been opened after all, though the answer does not say so; undefined where that cannot be told.
  async function isThere({ before, letter }: Asked) {
    const { data: now } = await client.query(OpenWalletsDocument, {}, { requestPolicy: 'network-only' });
    return now?.viewer?.wallets.some((w) => !before.has(w.id) && w.currency.letter === letter);
  }
  function close() {
    if (unsure.current) again(); // it may be there
    unsure.current = undefined;
    dialog.current = undefined;
    setOpening(false);
  }
  async function submit() {
    const mine = dialog.current;
    const wanted = { letter: currency ?? '', name };
    const was = unsure.current;
    if (was?.letter === wanted.letter && was.name === name) {
      const is = await isThere(was);
      if (is === undefined) return; // what was said of it holds
      if (is) return done(mine);
    }
    const asked = { ...wanted, before: new Set(wallets.map((w) => w.id)) };
    const { payload, undecided } = await open.run({ input: { currency: asked.letter, name: name || null } });
    unsure.current = undecided && dialog.current === mine ? asked : undefined;
    if (payload || (undecided && (await isThere(asked)))) done(mine);
  }
  function done(mine?: object) {
    again();
    if (dialog.current !== mine) return;
    unsure.current = undefined;
    close();
    open.clear();
    setName('');
  }
  async function press() {
    setBusy(true);
    await submit().finally(() => setBusy(false));
  }
  const wallets = data?.viewer?.wallets ?? [];
  const canPay = !!pay && wallets.some((w) => !w.closedAt && (!asked || w.currency.letter === asked.letter));
  const button = <Button variant={canPay ? 'default' : 'filled'} onClick={begin}>{t('openWallet')}</Button>;
  return (
    <Page title={t('wallets')} aside={wallets.length > 0 && button}>
      <Problems error={error} retry={again} />
      {isBad && <Alert color="red" variant="light" role="alert">{t('payLinkBad')}</Alert>}
      {pay && data && !isAwaited && !isBad && (
        <Alert color="teal" variant="light" role="status">
          {canPay ? <Stack align="flex-start"><Text size="sm">{t('payReady')}</Text><Button component={Link} to={`/send${payLink}`}>{t('payGo')}</Button></Stack> : asked ? t('payFirstIn', asked) : t('payFirst')}
        </Alert>
      )}
      {!data ? !error && <CardsWaiting /> : wallets.length === 0 ? <Empty title={t('noWallets')} hint={t('noWalletsHint')} action={button} /> : (
        <div className="cards">{wallets.map((w) => <WalletCard key={w.id} wallet={w} />)}</div>
      )}
      <Dialog opened={opening} onClose={close} title={t('openWallet')}>
        <form onSubmit={(e) => { e.preventDefault(); if (!busy) void press(); }}>
          <Stack>
            <Select data-autofocus label={t('currency')} value={currency} onChange={setCurrency} allowDeselect={false}
              data={data?.currencies.map((c) => ({ value: c.letter, label: `${c.letter} · ${c.name} (${c.code})` })) ?? []} />
            <TextInput label={t('walletNameOptional')} maxLength={64} value={name} onChange={(e) => setName(oneLine(e.currentTarget.value))} />
            <Problems problems={open.problems} error={open.error} />
            <Group grow>
              <Button variant="default" onClick={close}>{t('cancel')}</Button>
              <Button type="submit" loading={busy}>{t('openWallet')}</Button>
            </Group>
          </Stack>
        </form>
      </Dialog>
    </Page>
  );
}
