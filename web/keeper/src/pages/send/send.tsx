import { Alert, Button, Group, Loader, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useNavigate } from 'react-router';
import { useQuery } from 'urql';
import { download } from '../../api/documents';
import { grouped } from '../../api/numbers';
import { useSending } from '../../api/sending';
import { TransferPageDocument, type TransferPartsFragment } from '../../gql/graphql';
import { money } from '../../text/text';
import { Problems } from '../../ui/act';
import { CodeForm, Page, Status } from '../../ui/parts';
import { Form } from './form';
import { Review, type Reviewed } from './review';
import { StepTitle } from './step';

const REVIEW_MS = 120_000; // then it is quoted anew

export default function Send({ me }: { me: string }) {
  const { t } = useTranslation();
  const leave = useNavigate();
  const { reviewed, review, renew, change, forget } = useReview();
  const { sending, problems, fault, send, ask, confirm, setChallenge, restart, giveUp } = useSending(me);
  const trouble = fault && <Alert color="red" role="alert">{fault === 'network' ? t('failedNetwork') : fault === 'offline' ? t('offlineSend') : fault.message}</Alert>;
  const form = useReturn(sending.at === 'form' && !reviewed);
  return (
    <Page title={t('send')}>
      <div className="narrow">
        {sending.at !== 'done' && ( // what was typed stays, whatever comes of it
          <div ref={form} tabIndex={-1} role="group" aria-label={t('send')} hidden={sending.at !== 'form' || !!reviewed}><Form onReview={review} isShown={sending.at === 'form' && !reviewed}><Problems problems={problems} />{sending.at === 'form' && trouble}</Form></div>
        )}
        {sending.at === 'form' && reviewed && <Review reviewed={reviewed} onSend={() => void send(reviewed.input).finally(forget)} onOther={renew} onGone={forget} onChange={change} />}
        {sending.at === 'sending' && <Stack className="panel" align="center" role="status"><Loader /><StepTitle>{t('sending')}…</StepTitle></Stack>}
        {sending.at === 'lost' && (
          <Stack className="panel" role="alert">
            <StepTitle>{t('lostTitle')}</StepTitle>
            <Text>{t('lostHint')}</Text>
            <Button onClick={() => void ask(sending.input)}>{t('askNow')}</Button>
          </Stack>
        )}
        {sending.at === 'code' && (
          <Stack className="panel">
            <StepTitle>{t('stepCode')}</StepTitle>
            <Text>{money(sending.transfer.total)} → {sending.transfer.to.displayName}</Text>
            <CodeForm challenge={sending.challenge} onChallenge={setChallenge} onProof={(proof) => void confirm(proof)} busy={!!sending.busy}><Problems problems={problems} />{trouble}</CodeForm>
            <Button variant="subtle" disabled={sending.busy} onClick={() => void giveUp()}>{t('cancel')}</Button>
          </Stack>
        )}
        {sending.at === 'done' && <Done transfer={sending.transfer} onAnother={() => { forget(); void leave('/send', { replace: true }); restart(); }} />}
      </div>
    </Page>
  );
}

// useReview keeps what is reviewed. The review is a step of its own in the browser's history: going back from it leads to the form, with all that was typed.
function useReview() {
  const { search, hash, state } = useLocation();
  const go = useNavigate();
  const [kept, setKept] = useState<Reviewed>();
  const at = (state as { review?: string } | null)?.review; // the key of what is reviewed there
  const review = (what: Reviewed) => {
    setKept(what);
    void go({ search, hash }, { state: { review: what.input.idempotencyKey }, replace: !!at });
  };
  const forget = () => setKept(undefined);
  useEffect(() => { // fees and people change: what was looked at long ago is not what would be sent
    if (!kept) return;
    const timer = setTimeout(forget, REVIEW_MS);
    return () => clearTimeout(timer);
  }, [kept]);
  return { reviewed: kept && at === kept.input.idempotencyKey ? kept : undefined, review, renew: setKept, change: () => void go(-1), forget };
}

// useReturn puts whoever comes back to the form before it; whoever comes to the screen begins at its heading.
function useReturn(isShown: boolean) {
  const form = useRef<HTMLDivElement>(null);
  const before = useRef(isShown);
  useEffect(() => {
    if (isShown && !before.current) form.current?.focus({ preventScroll: true });
    before.current = isShown;
  }, [isShown]);
  return form;
}

function Done({ transfer, onAnother }: { transfer: TransferPartsFragment; onAnother: () => void }) {
  const { t } = useTranslation();
  const [{ data }] = useQuery({ query: TransferPageDocument, variables: { id: transfer.id } });
  const [failed, setFailed] = useState(false);
  const urls = data?.node?.__typename === 'Transfer' ? data.node.receiptUrls : undefined;
  return (
    <Stack className="panel" align="center" role="status">
      <StepTitle size="h3">{transfer.status === 'COMPLETED' ? t('sent') : t(`status_${transfer.status}`)}</StepTitle>
      <Text fw={700} className="sum-large">{money(transfer.total)}</Text>
      <Text ta="center">{transfer.to.displayName || grouped(transfer.to.walletNumber)}</Text>
      {transfer.status === 'COMPLETED' ? <Text c="dimmed">{t('sentHint')}</Text> : <Status status={transfer.status} />}
      <Button fullWidth onClick={onAnother}>{t('another')}</Button>
      <Group grow w="100%">
        {urls && <Button variant="default" onClick={() => void download(urls.pdf, 'receipt.pdf').then(() => setFailed(false), () => setFailed(true))}>{t('receipt')}</Button>}
        <Button variant="default" component={Link} to={`/transfers/${encodeURIComponent(transfer.id)}`}>{t('transfer')}</Button>
      </Group>
      {failed && <Text c="red" role="alert">{t('notDownloaded')}</Text>}
    </Stack>
  );
}
