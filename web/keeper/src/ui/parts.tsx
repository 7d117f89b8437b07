import { ActionIcon, Badge, Box, Button, Center, CopyButton, Group, Skeleton, Stack, Text, TextInput, Title, Tooltip, UnstyledButton } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useNavigationType } from 'react-router';
import { grouped } from '../api/numbers';
import { sign } from '../api/passkeys';
import { type ChallengePartsFragment, ResendCodeDocument, type TransferLineFragment, type TransferPartsFragment } from '../gql/graphql';
import { clock, money } from '../text/text';
import { Problems, useAct } from './act';
import { CopyIcon, InIcon, OutIcon, SwapIcon } from './icons';

let shown: string | undefined; // the place that was shown last, of all there have been

// useArrival is for the heading of a place. Who comes to it from another one is put before it: at the top, and with the keyboard's focus there. Who goes back is
// left where the browser has them, unless they are to be at the top anyway.
export function useArrival(place: string | undefined, atTop = false) {
  const isBack = useNavigationType() === 'POP';
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (place === undefined) return;
    const before = shown;
    shown = place;
    if (before === undefined || before === place) return;
    if (atTop || !isBack) window.scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, [place]);
  return heading;
}

// Page is a screen with its heading.
export function Page({ title, children, aside }: { title: string; children: ReactNode; aside?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Keeper`;
  }, [title]);
  const heading = useArrival(useLocation().pathname);
  return (
    <Stack gap="lg" className="page">
      <Group justify="space-between">
        <Title order={1} size="h2" ref={heading} tabIndex={-1}>{title}</Title>
        {aside}
      </Group>
      {children}
    </Stack>
  );
}

// Empty says that there is nothing; `first` where no heading says what of.
export function Empty({ title, hint, action, first }: { title: string; hint?: string; action?: ReactNode; first?: boolean }) {
  return (
    <Center py="xl">
      <Stack align="center" gap="md" maw={360} className="empty">
        <div>
          <Text component={first ? 'h1' : 'p'} m={0} fw={600} ta="center">{title}</Text>
          {hint && <Text c="dimmed" ta="center" mt={4}>{hint}</Text>}
        </div>
        {action}
      </Stack>
    </Center>
  );
}

export const Waiting = ({ rows = 4 }: { rows?: number }) => (
  <Stack aria-busy="true">{Array.from({ length: rows }, (_, i) => <Skeleton key={i} height={56} radius="md" />)}</Stack>
);

// CardsWaiting holds the places of wallets.
export const CardsWaiting = () => (
  <div className="cards" aria-busy="true">{Array.from({ length: 3 }, (_, i) => <Skeleton key={i} height={132} radius={20} />)}</div>
);

export function Copyable({ text, shown }: { text: string; shown?: string }) {
  const { t } = useTranslation();
  return (
    <Group gap={4} wrap="nowrap">
      <Text span ff="monospace">{shown ?? grouped(text)}</Text>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? t('copied') : t('copy')}>
            <ActionIcon variant="subtle" size="lg" color={copied ? 'teal' : 'gray'} aria-label={`${t('copy')} ${text}`} onClick={copy}><CopyIcon /></ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Group>
  );
}

const colors = { AWAITING_CONFIRMATION: 'yellow', PROTECTED: 'blue', COMPLETED: 'teal', RETURNED: 'gray', CANCELLED: 'gray', EXPIRED: 'gray' } as const;

export function Status({ status }: { status: TransferPartsFragment['status'] }) {
  const { t } = useTranslation();
  return <Badge color={colors[status]} variant="light" autoContrast>{t(`status_${status}`)}</Badge>;
}

const OVER = ['RETURNED', 'CANCELLED', 'EXPIRED']; // what has moved nothing, in the end

// TransferRow is a transfer in a list. Only what has come is shown as come.
export function TransferRow({ transfer, when = clock }: { transfer: TransferLineFragment; when?: (iso: string) => string }) {
  const { t } = useTranslation();
  const incoming = transfer.direction === 'INCOMING';
  const other = incoming ? transfer.from : transfer.to;
  const name = transfer.direction === 'INTERNAL' ? t('internal') : transfer.kind === 'PAYMENT' || transfer.kind === 'REFUND' ? other.displayName : t(`kind_${transfer.kind}`);
  const Icon = transfer.direction === 'INTERNAL' ? SwapIcon : incoming ? InIcon : OutIcon;
  return (
    <UnstyledButton component={Link} to={`/transfers/${encodeURIComponent(transfer.id)}`} className="row" data-testid="transfer">
      <Group wrap="nowrap" gap="sm" className="line">
        <Box className={incoming ? 'mark mark-in' : 'mark'} aria-hidden="true"><Icon /></Box>
        <Box className="line-name">
          <Text lineClamp={2} fw={500} className="name">{name || grouped(other.walletNumber)}</Text>
          <Text truncate size="sm" c="dimmed">{when(transfer.createdAt)}{transfer.memo ? ` · ${transfer.memo}` : ''}</Text>
        </Box>
        <Stack gap={2} align="flex-end" className="line-sum">
          <Text fw={600} className={`sum money${incoming && transfer.status === 'COMPLETED' ? ' money-in' : OVER.includes(transfer.status) ? ' money-over' : ''}`}>{incoming ? '+' : transfer.direction === 'OUTGOING' ? '−' : ''}{money(incoming ? transfer.amount : transfer.total)}</Text>
          {transfer.status !== 'COMPLETED' && <Status status={transfer.status} />}
        </Stack>
      </Group>
    </UnstyledButton>
  );
}

export function useSecondsUntil(iso: string) {
  const left = () => Math.max(0, Math.ceil((Date.parse(iso) - Date.now()) / 1000));
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    setSeconds(left());
    const timer = setInterval(() => setSeconds(left()), 1000);
    return () => clearInterval(timer);
  }, [iso]);
  return seconds;
}

export type Proof = { code: string } | { assertion: string };
type CodeProps = { challenge: ChallengePartsFragment; onChallenge: (next: ChallengePartsFragment) => void; onProof: (proof: Proof) => void; busy: boolean; secret?: boolean; children?: ReactNode };

// Resend asks for another code, when the time has come.
export function Resend({ challenge, onChallenge }: Pick<CodeProps, 'challenge' | 'onChallenge'>) {
  const { t } = useTranslation();
  const resend = useAct(ResendCodeDocument);
  const seconds = useSecondsUntil(challenge.resendAt);
  async function again() {
    const { payload } = await resend.run({ input: { challengeId: challenge.id } });
    if (payload?.challenge) onChallenge(payload.challenge);
  }
  return (
    <>
      <Problems problems={resend.problems} error={resend.error} />
      <Button variant="subtle" disabled={seconds > 0} loading={resend.busy} onClick={() => void again()}>{seconds > 0 ? t('resendIn', { seconds }) : t('resend')}</Button>
    </>
  );
}

// CodeForm asks for a code: filled in by the phone, pasted or typed; another can be asked for when the time has come.
export function CodeForm({ challenge, onChallenge, onProof, busy, secret, children }: CodeProps) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const isSent = challenge.method === 'SMS' || challenge.method === 'EMAIL';
  const hint = !isSent ? t(challenge.method === 'PASSKEY' ? 'codeOrPasskey' : 'codeFromApp') : secret || !challenge.sentTo ? t('codeUnknown') : t('codeSentTo', { to: challenge.sentTo });

  const [refused, setRefused] = useState(false);
  const usePasskey = (options: string) => sign(options).then((assertion) => onProof({ assertion }), () => setRefused(true));
  return (
    <form onSubmit={(e) => { e.preventDefault(); onProof({ code: code.replace(/\s/g, '') }); }}>
      <Stack>
        <Text>{hint}</Text>
        {challenge.delivery === 'ABANDONED' && <Text c="red" role="alert">{t('codeLost')}</Text>}
        {challenge.assertionOptions && <Button onClick={() => void usePasskey(challenge.assertionOptions!)} loading={busy}>{t('usePasskey')}</Button>}
        {refused && <Text c="red" role="alert">{t('passkeyFailed')}</Text>}
        <TextInput label={t('code')} name="code" autoComplete="one-time-code" inputMode={isSent ? 'numeric' : 'text'} autoFocus value={code}
          onChange={(e) => setCode(e.currentTarget.value)} maxLength={24} size="lg" classNames={{ input: 'code' }} required />
        {children}
        <Button type="submit" size="md" loading={busy} disabled={code.trim() === ''}>{t('confirm')}</Button>
        {isSent && <Resend challenge={challenge} onChallenge={onChallenge} />}
      </Stack>
    </form>
  );
}
