import { Alert, Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { type CombinedError, useClient } from 'urql';
import { OpenWalletDocument, OpenWalletsDocument, WalletsDocument } from '../gql/graphql';
import { Problems, useAct } from '../ui/act';
import { useAlive } from '../ui/alive';
import { Dialog } from '../ui/dialog';
import { useLiveQuery } from '../ui/live-query';
import { oneLine } from '../ui/one-line';
import { CardsWaiting, Empty, Page } from '../ui/parts';
import { usePayLink, usePayRequest } from '../ui/pay-link';
import { Terms, useTerms } from '../ui/terms';
import { WalletCard } from './home';

export default function Wallets() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useLiveQuery(WalletsDocument, {});
  const [dialog, setDialog] = useState(0); // which one is open, as they are counted; 0 for none
  const opened = useRef(0);
  const [currency, setCurrency] = useState<string | null>('Z');
  const [name, setName] = useState('');
  const [busy, setBusy] = useState(false); // with what was asked for in one that is closed by now, too
  const unsure = useRef<Asked>(undefined);
  const payLink = usePayLink();
  const { pay, request, isBad, isAwaited } = usePayRequest();
  const asked = request?.currency; // of a payment that cannot be made from any other wallet

  function begin() {
    const isSeen = !!unsure.current && wallets.some(isOf(unsure.current));
    if (isSeen) unsure.current = undefined;
    if (isSeen || busy) setName(''); // it is the name of another that is there, or about to be
    if (asked) setCurrency(asked.letter);
    setDialog(++opened.current);
  }
  function done() {
    again();
    if (opened.current === dialog) setName(''); // what is typed in the next one is of another
    setDialog((now) => (now === dialog ? 0 : now));
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
      <Dialog opened={dialog > 0} onClose={() => setDialog(0)} title={t('openWallet')}>
        <Opening key={dialog} letter={currency ?? ''} name={name} there={wallets} busy={busy} onBusy={setBusy} unsure={unsure} onDone={done} onUnsure={again} onCancel={() => setDialog(0)}>
          <Select data-autofocus label={t('currency')} value={currency} onChange={setCurrency} allowDeselect={false}
            data={data?.currencies.map((c) => ({ value: c.letter, label: `${c.letter} · ${c.name} (${c.code})` })) ?? []} />
          <TextInput label={t('walletNameOptional')} maxLength={64} value={name} onChange={(e) => setName(oneLine(e.currentTarget.value))} />
        </Opening>
      </Dialog>
    </Page>
  );
}

type Asked = { letter: string; name: string; before: Set<string> }; // the wallets there were before it

// isOf finds the wallet that has been opened for what was asked.
const isOf = (asked: Asked) => (w: { id: string; name: string; currency: { letter: string } }) =>
  !asked.before.has(w.id) && w.currency.letter === asked.letter && (asked.name === '' || w.name === asked.name);

type OpeningProps = { letter: string; name: string; there: { id: string }[]; busy: boolean; onBusy: (is: boolean) => void; unsure: RefObject<Asked | undefined>; onDone: () => void; onUnsure: () => void; onCancel: () => void; children: ReactNode };

// Opening opens a wallet, once: where no answer says whether that is done, it is looked for before another one is opened, be it in the next dialog.
function Opening({ letter, name, there, busy, onBusy, unsure, onDone, onUnsure, onCancel, children }: OpeningProps) {
  const { t } = useTranslation();
  const open = useAct(OpenWalletDocument);
  const [unknown, setUnknown] = useState<CombinedError>(); // why it could not be looked for
  const client = useClient();
  const terms = useTerms();
  const isOpen = useAlive();
  useEffect(() => () => void (unsure.current && onUnsure()), []); // it may be there

  // isThere looks whether what was asked for has been opened after all, though the answer does not say so; undefined where that cannot be told.
  async function isThere(asked: Asked) {
    const { data: now, error } = await client.query(OpenWalletsDocument, {}, { requestPolicy: 'network-only' });
    setUnknown(error);
    return now?.viewer?.wallets.some(isOf(asked));
  }
  async function submit() {
    if (!(await terms.accept()) || !isOpen()) return; // what was called off is not begun any more
    const was = unsure.current;
    const wanted = name.trim();
    if (was?.letter === letter && was.name === wanted) {
      const is = await isThere(was);
      if (is === undefined) return;
      if (is) return finish();
      if (!isOpen()) return;
    }
    const asked = { letter, name: wanted, before: new Set(there.map((w) => w.id)) };
    const { payload, undecided } = await open.run({ input: { currency: letter, name: wanted || null } });
    unsure.current = undecided ? asked : undefined;
    if (payload || (undecided && (await isThere(asked)))) return finish();
    if (undecided && !isOpen()) onUnsure();
  }
  function finish() {
    unsure.current = undefined;
    onDone();
  }
  async function press() {
    onBusy(true);
    await submit().finally(() => onBusy(false));
  }
  return (
    <form noValidate onSubmit={(e) => { e.preventDefault(); if (!busy) void press(); }}>
      <Stack>
        {children}
        <Terms {...terms} />
        <Problems problems={open.problems} error={open.error ?? unknown} />
        <Group grow>
          <Button variant="default" onClick={onCancel}>{t('cancel')}</Button>
          <Button type="submit" loading={busy} disabled={!terms.terms}>{t('openWallet')}</Button>
        </Group>
      </Stack>
    </form>
  );
}
