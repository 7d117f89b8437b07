import { ActionIcon, Badge, Box, Button, Center, CopyButton, Group, Skeleton, Stack, Text, TextInput, Title, Tooltip, UnstyledButton } from '@mantine/core';
import { type CSSProperties, type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useNavigationType } from 'react-router';
import type { CombinedError } from 'urql';
import { serverNow } from '../api/network';
import { grouped, unbroken } from '../api/numbers';
import { sign } from '../api/passkeys';
import { type ChallengePartsFragment, type ProblemFragment, ResendCodeDocument, type TransferLineFragment, type TransferPartsFragment } from '../gql/graphql';
import { clock, money } from '../text/text';
import { Failure, Problems, useAct } from './act';
import { gets, signOf } from './amount';
import { CopyIcon, InIcon, OutIcon, SwapIcon } from './icons';

let shown: string | undefined; // the place that was shown last, of all there have been

// useArrival is for the heading of a place. Who comes to it from another one is put before it: at the top, and with the keyboard's focus there, or in the field that
// the place begins with, such as that of a code. Who goes back is left where the browser has them, unless they are to be at the top anyway.
export function useArrival(place: string | undefined, atTop = false) {
  const isBack = useNavigationType() === 'POP';
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (place === undefined) return;
    const before = shown;
    shown = place;
    if (before === undefined || before === place) return;
    if (atTop || !isBack) window.scrollTo(0, 0);
    if (document.querySelector('[role=dialog]')) return; // which stays over it
    (document.querySelector<HTMLElement>('main [data-autofocus]') ?? heading.current)?.focus({ preventScroll: true });
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

// Fact is a line of a list of facts: what has no room beside its name stands below it, and a remark below both. `words` are what a person wrote, of any length.
export const Fact = ({ name, children, remark, words }: { name: ReactNode; children: ReactNode; remark?: ReactNode; words?: boolean }) => (
  <div className={words ? 'fact words' : 'fact'}><dt>{name}</dt><dd>{children}</dd>{remark && <dd className="whole">{remark}</dd>}</div>
);

export const Waiting = ({ rows = 4 }: { rows?: number }) => (
  <Stack aria-busy="true">{Array.from({ length: rows }, (_, i) => <Skeleton key={i} height={56} radius="md" />)}</Stack>
);

// fitted tells the styles how long a sum is: a long one is smaller, and in one piece.
export const fitted = (sum: string) => ({ '--length': sum.length }) as CSSProperties;

// CardsWaiting holds the places of wallets.
export const CardsWaiting = () => (
  <div className="cards" aria-busy="true">{Array.from({ length: 3 }, (_, i) => <Skeleton key={i} height={132} radius={20} />)}</div>
);

export function Copyable({ text, shown }: { text: string; shown?: string }) {
  const { t } = useTranslation();
  return (
    <Group gap={4} wrap="nowrap" className="copyable">
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
  const name = transfer.direction === 'INTERNAL' ? t('internal') : transfer.kind === 'PAYMENT' ? other.displayName : transfer.kind === 'REFUND' ? `${t('kind_REFUND')} · ${other.displayName || grouped(other.walletNumber)}` : t(`kind_${transfer.kind}`);
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
          <Text fw={600} className={`sum money${signOf(transfer) === '+' ? ' money-in' : OVER.includes(transfer.status) ? ' money-over' : ''}`}>{signOf(transfer)}{money(incoming ? gets(transfer) : transfer.total)}</Text>
          {transfer.status !== 'COMPLETED' && <Status status={transfer.status} />}
        </Stack>
      </Group>
    </UnstyledButton>
  );
}

export function useSecondsUntil(iso: string) {
  const left = () => Math.max(0, Math.ceil((Date.parse(iso) - serverNow()) / 1000));
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    setSeconds(left());
    const timer = setInterval(() => setSeconds(left()), 1000);
    return () => clearInterval(timer);
  }, [iso]);
  return seconds;
}

export type Proof = { code: string } | { assertion: string };
type CodeProps = {
  challenge: ChallengePartsFragment; onChallenge: (next: ChallengePartsFragment) => void; onProof: (proof: Proof) => void; busy: boolean; secret?: boolean; children?: ReactNode;
  problems?: ProblemFragment[]; error?: CombinedError; submit?: string; color?: string;
  onRefused?: () => void; // no other code is sent: what it was for may be over
};

// resent is a challenge whose code was sent once more; one that is awaited no more, when that is answered, stays so.
export const resent = <C extends { id: string }>(next: C) => (now?: C) => (now?.id === next.id ? next : now);

// Resend asks for another code, when the time has come; `needed` where there is nothing else to do.
export function Resend({ challenge, onChallenge, onRefused, needed, label }: Pick<CodeProps, 'challenge' | 'onChallenge' | 'onRefused'> & { needed?: boolean; label?: string }) {
  const { t } = useTranslation();
  const resend = useAct(ResendCodeDocument);
  const seconds = useSecondsUntil(challenge.resendAt);
  const text = seconds > 0 ? t('resendIn', { seconds }) : t('resend');
  async function again() {
    const { payload } = await resend.run({ input: { challengeId: challenge.id } });
    if (payload?.challenge) onChallenge(payload.challenge);
    else onRefused?.();
  }
  return (
    <>
      <Problems problems={resend.problems} error={resend.error} />
      <Button variant={needed ? 'filled' : 'subtle'} disabled={seconds > 0} loading={resend.busy} onClick={() => void again()} aria-label={label && `${label}: ${text}`}>{text}</Button>
    </>
  );
}

// digitsOf finds the code in what was copied, be it the whole message: the only run of as many digits as codes have.
function digitsOf(copied: string) {
  const runs = copied.match(/(?<![\d.,])\d{3}[-\s]?\d{3}(?![\d.,]*\d)/g) ?? [];
  return runs.length === 1 ? runs[0].replace(/\D/g, '') : '';
}

type CodeFieldProps = { label: string; hint?: ReactNode; name?: string; value: string; onChange: (code: string) => void; refusal?: ProblemFragment; missing?: string; inputMode?: 'numeric' | 'text'; first?: boolean; maxLength?: number; required?: boolean; withAsterisk?: boolean };

// CodeField is where a code is typed. One that is refused is marked, and the next key replaces it. `first` is for a step that begins with it: it has the focus there.
export function CodeField({ label, hint, name = 'code', value, onChange, refusal, missing, inputMode = 'numeric', first, maxLength = 24, required = true, withAsterisk = false }: CodeFieldProps) {
  const field = useRef<HTMLInputElement>(null);
  const wrong = refusal?.message ?? missing;
  useEffect(() => {
    if (first) field.current?.focus();
  }, [first]);
  useEffect(() => {
    if (!refusal) return;
    field.current?.focus();
    field.current?.select();
  }, [refusal]);
  return (
    <TextInput ref={field} label={label} description={hint} labelProps={{ fz: 'md' }} descriptionProps={{ c: 'inherit', fz: 'sm' }} errorProps={{ fz: 'sm' }} name={name} autoComplete="one-time-code" inputMode={inputMode} autoFocus={first} data-autofocus={first || undefined} value={value}
      onChange={(e) => onChange(e.currentTarget.value)} onPaste={(e) => { const digits = inputMode === 'numeric' && digitsOf(e.clipboardData.getData('text')); if (digits) { e.preventDefault(); onChange(digits); } }} maxLength={maxLength} size="lg" classNames={{ input: 'code' }} required={required} withAsterisk={withAsterisk} error={wrong && <span role="alert">{wrong}</span>} aria-invalid={!!wrong} />
  );
}

// CodeForm asks for a code: filled in by the phone, pasted or typed; another can be asked for when the time has come. What it is refused for is said at the field.
export function CodeForm({ challenge, onChallenge, onProof, busy, secret, children, problems = [], error, submit, color, onRefused }: CodeProps) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const [refused, setRefused] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const [isNew, setNew] = useState(false); // another code was sent: what the last one was refused for is over
  const isSent = challenge.method === 'SMS' || challenge.method === 'EMAIL';
  const isLost = challenge.delivery === 'ABANDONED';
  const hint = !isSent ? t(challenge.method === 'PASSKEY' ? 'codeOrPasskey' : 'codeFromApp') : secret || !challenge.sentTo ? t('codeUnknown') : t('codeSentTo', { to: unbroken(challenge.sentTo) });
  const wrong = isNew ? [] : problems;
  const refusal = wrong.find((p) => p.field?.at(-1) === 'code');

  const take = (next: ChallengePartsFragment) => {
    setNew(true);
    setCode('');
    form.current?.querySelector<HTMLElement>('[name=code]')?.focus(); // the button waits for its time
    onChallenge(next);
  };

  const usePasskey = (options: string) => {
    setRefused(false);
    return sign(options).then((assertion) => onProof({ assertion }), () => setRefused(true));
  };
  return (
    <form ref={form} onSubmit={(e) => { e.preventDefault(); setRefused(false); setNew(false); onProof({ code: code.replace(isSent ? /[\s-]/g : /\s/g, '') }); }}>
      <Stack>
        {isLost && <Failure>{t('codeLost')}</Failure>}
        {isLost && isSent && <Resend needed challenge={challenge} onChallenge={take} onRefused={onRefused} />}
        {challenge.assertionOptions && <Button size="md" onClick={() => void usePasskey(challenge.assertionOptions!)} loading={busy}>{t('usePasskey')}</Button>}
        {refused && <Failure>{t('passkeyFailed')}</Failure>}
        <CodeField first={!challenge.assertionOptions} label={t(challenge.method === 'PASSKEY' ? 'backupCode' : 'code')} hint={isLost ? undefined : isNew ? <span role="status">{secret || !challenge.sentTo ? t('codeAnew') : t('codeAnewTo', { to: unbroken(challenge.sentTo) })}</span> : hint} inputMode={isSent ? 'numeric' : 'text'} value={code} onChange={setCode} refusal={refusal} />
        {children}
        <Problems problems={wrong.filter((p) => p !== refusal)} error={error} />
        <Button type="submit" size="md" color={color} variant={challenge.assertionOptions || isLost ? 'default' : 'filled'} loading={busy}>{submit ?? t('confirm')}</Button>
        {isSent && !isLost && <Resend challenge={challenge} onChallenge={take} onRefused={onRefused} />}
      </Stack>
    </form>
  );
}
