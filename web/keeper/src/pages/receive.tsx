import { Button, CopyButton, Group, Stack, Text, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { PayLinkDocument, type PayLinkQuery, WalletsDocument } from '../gql/graphql';
import { time } from '../text/text';
import { of, Problems } from '../ui/act';
import { readAmount } from '../ui/amount';
import { AmountField, told } from '../ui/amount-field';
import { useLiveQuery } from '../ui/live-query';
import { oneLine } from '../ui/one-line';
import { Copyable, Empty, Page, Waiting } from '../ui/parts';
import { WalletSelect } from '../ui/wallet-select';

type Made = NonNullable<PayLinkQuery['paymentLink']['link']> & { number: string; amount: string; memo: string }; // and what it was made for

export default function Receive() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useLiveQuery(WalletsDocument, {});
  const wallets = data?.viewer?.wallets.filter((w) => !w.closedAt) ?? [];
  const [wanted] = useSearchParams();
  const [chosen, setChosen] = useState(wanted.get('wallet'));
  const wallet = wallets.find((w) => w.number === chosen) ?? wallets[0];

  if (!data) return <Page title={t('receive')}>{error ? <Problems error={error} retry={again} /> : <Waiting />}</Page>;
  if (!wallet) return <Page title={t('receive')}><Empty title={t('noWallets')} hint={t('noWalletsHint')} action={<Button component={Link} to="/wallets">{t('openWallet')}</Button>} /></Page>;
  return (
    <Page title={t('receive')}>
      <Requested number={wallet.number} code={wallet.currency.code}>
        <WalletSelect label={t('ontoWallet')} wallets={wallets} value={wallet.number} onChange={setChosen} />
        <Group justify="center"><Copyable text={wallet.number} /></Group>
      </Requested>
    </Page>
  );
}

type Asked = { amount: string | null; memo: string | null };

// Requested shows the link of a wallet, and asks what is to be in it. A link that was made stays when another is refused.
function Requested({ number, code, children }: { number: string; code: string; children: React.ReactNode }) {
  const { t } = useTranslation();
  const [amount, setAmount] = useState('');
  const [memo, setMemo] = useState('');
  const [asked, setAsked] = useState<Asked>({ amount: null, memo: null });
  const [link, askAgain] = useQuery({ query: PayLinkDocument, variables: { input: { walletNumber: number, ...asked } } });
  const problems = link.data?.paymentLink.userErrors ?? [];
  const [last, setLast] = useState<Made>();
  const made = last?.number === number ? last : undefined;
  useEffect(() => {
    const input = link.operation?.variables.input;
    if (input && link.data?.paymentLink.link) setLast({ ...link.data.paymentLink.link, number: input.walletNumber, amount: input.amount ?? '', memo: input.memo ?? '' });
  }, [link.data, link.operation]);
  const isOther = !!made && ((readAmount(amount) ?? amount.trim()) !== made.amount || memo !== made.memo); // than what the link asks for
  function submit() {
    const read = readAmount(amount);
    if (amount.trim() !== '' && !read) return;
    const next = { amount: read || null, memo: memo || null };
    if (next.amount === asked.amount && next.memo === asked.memo) askAgain({ requestPolicy: 'network-only' }); // it is valid longer then
    else setAsked(next);
  }
  return (
    <div className="receive">
      <Stack className="panel">
        {children}
        {made && <Text c="dimmed" ta="center">{t(isOther ? 'linkOld' : 'receiveHint')}</Text>}
        {made && <Group justify="center"><div className={isOther ? 'qr qr-old' : 'qr'}><img src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(made.qrSvg)}`} alt={t('qrAlt')} /></div></Group>}
      </Stack>
      <Stack className="panel">
        <form onSubmit={(e) => { e.preventDefault(); submit(); }}>
          <Stack>
            <AmountField label={t('askFor')} value={amount} onChange={setAmount} code={code} problem={of(problems, 'amount')} />
            <TextInput label={t('memo')} value={memo} onChange={(e) => setMemo(oneLine(e.currentTarget.value))} maxLength={255} error={told(of(problems, 'memo'))} />
            <Problems problems={problems.filter((p) => !['amount', 'memo'].includes(p.field?.at(-1) ?? ''))} error={link.error} />
            <Button type="submit" variant={isOther ? 'filled' : 'default'} loading={link.fetching}>{t(made ? 'updateLink' : 'makeLink')}</Button>
          </Stack>
        </form>
        {made && <TheLink {...made} isOld={isOther} />}
      </Stack>
    </div>
  );
}

// TheLink shows both ends of it: whose it is, and where it differs from another. An old one, which asks for something else than is typed by now, is not passed on.
function TheLink({ url, expiresAt, isOld }: Made & { isOld: boolean }) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs">
      <div>
        <Text size="sm" fw={600}>{t('payLink')}</Text>
        <Text size="sm" title={url} data-testid="link" style={{ overflowWrap: 'anywhere' }}>{`${url.slice(0, 26)}…${url.slice(-6)}`}</Text>
      </div>
      <Text size="sm" c="dimmed">{t('linkUntil', { time: time(expiresAt) })}</Text>
      <Group grow>
        <CopyButton value={url}>{({ copied, copy }) => <Button variant={'share' in navigator ? 'default' : 'filled'} disabled={isOld} onClick={copy}>{t(copied ? 'copied' : 'share' in navigator ? 'copy' : 'copyLink')}</Button>}</CopyButton>
        {'share' in navigator && <Button disabled={isOld} onClick={() => void navigator.share({ url }).catch(() => undefined)}>{t('share')}</Button>}
      </Group>
    </Stack>
  );
}
