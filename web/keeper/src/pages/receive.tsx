import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { PayLinkDocument, WalletsDocument } from '../gql/graphql';
import { money, time } from '../text/text';
import { of, Problems } from '../ui/act';
import { useLiveQuery } from '../ui/live-query';
import { Copyable, Empty, Page, Waiting } from '../ui/parts';

export default function Receive() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useLiveQuery(WalletsDocument, {});
  const wallets = data?.viewer?.wallets.filter((w) => !w.closedAt) ?? [];
  const [wanted] = useSearchParams();
  const [chosen, setChosen] = useState(wanted.get('wallet'));
  const [amount, setAmount] = useState('');
  const [memo, setMemo] = useState('');
  const wallet = wallets.find((w) => w.number === chosen) ?? wallets[0];
  const [asked, setAsked] = useState<{ amount: string | null; memo: string | null }>({ amount: null, memo: null });
  const [link] = useQuery({ query: PayLinkDocument, variables: { input: { walletNumber: wallet?.number ?? '', ...asked } }, pause: !wallet });
  const made = link.data?.paymentLink.link;
  const problems = link.data?.paymentLink.userErrors ?? [];

  if (!data) return <Page title={t('receive')}>{error ? <Problems error={error} retry={again} /> : <Waiting />}</Page>;
  if (!wallet) return <Page title={t('receive')}><Empty title={t('noWallets')} hint={t('noWalletsHint')} action={<Button component={Link} to="/wallets">{t('openWallet')}</Button>} /></Page>;
  return (
    <Page title={t('receive')}>
      <Stack className="panel narrow">
        <Select label={t('ontoWallet')} value={wallet.number} onChange={setChosen} allowDeselect={false} data={wallets.map((w) => ({ value: w.number, label: `${money(w.balance)} · ${w.name || w.currency.name}` }))} />
        <Group justify="center"><Copyable text={wallet.number} /></Group>
        <Text c="dimmed" ta="center">{t('receiveHint')}</Text>
        {made && <Group justify="center"><div className="qr"><img src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(made.qrSvg)}`} alt={t('qrAlt')} /></div></Group>}
        <form onSubmit={(e) => { e.preventDefault(); setAsked({ amount: amount.trim().replace(',', '.') || null, memo: memo || null }); }}>
          <Stack>
            <TextInput label={t('askFor')} value={amount} onChange={(e) => setAmount(e.currentTarget.value)} inputMode="decimal" maxLength={20} error={of(problems, 'amount')} />
            <TextInput label={t('memo')} value={memo} onChange={(e) => setMemo(e.currentTarget.value)} maxLength={255} error={of(problems, 'memo')} />
            <Problems problems={problems.filter((p) => !p.field?.length)} error={link.error} />
            <Button type="submit" variant="default" loading={link.fetching}>{t('makeLink')}</Button>
          </Stack>
        </form>
        {made && (
          <>
            <Group wrap="nowrap" justify="space-between" style={{ overflow: 'hidden' }}><Text truncate size="sm">{made.url}</Text><Copyable text={made.url} shown="" /></Group>
            <Text size="sm" c="dimmed">{t('linkUntil', { time: time(made.expiresAt) })}</Text>
            {'share' in navigator && <Button onClick={() => void navigator.share({ url: made.url }).catch(() => undefined)}>{t('share')}</Button>}
          </>
        )}
      </Stack>
    </Page>
  );
}
