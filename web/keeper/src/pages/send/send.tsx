import { Alert, Button, Group, Loader, Stack, Text } from '@mantine/core';
import type { TFunction } from 'i18next';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate, useNavigationType } from 'react-router';
import { grouped } from '../../api/numbers';
import { begunHere, type Quote, type Sending, useSending } from '../../api/sending';
import type { CreateTransferInput } from '../../gql/graphql';
import { Problems } from '../../ui/act';
import { nameOf } from '../../ui/fate';
import { useGoHere } from '../../ui/go-here';
import { CodeForm, Page } from '../../ui/parts';
import { usePay } from '../../ui/pay-link';
import { Done } from './done';
import { Form } from './form';
import { Review, type Reviewed } from './review';
import { AtTop, Sum } from './step';

export default function Send({ me }: { me: string }) {
  const { t } = useTranslation();
  const { reviewed, review, renew, change, forget } = useReview();
  const { sending, problems, fault, send, ask, confirm, setChallenge, requote, drop, restart, giveUp, look } = useSending(me);
  useBare(sending.at === 'done' ? sending.address : undefined);
  const another = () => { forget(); restart(); };
  useAfresh(sending.at === 'done' ? sending.address ?? '' : undefined, another);
  const trouble = fault && <Alert color="red" role="alert">{fault === 'network' ? t('failedNetwork') : fault === 'offline' ? t('offlineSend') : fault.message}</Alert>;
  const isForm = sending.at === 'form' && !reviewed;
  const form = useReturn(isForm);
  const linkWaits = useLinkWaits(me, sending.at !== 'form' && sending.at !== 'done');
  return (
    <Page title={titleOf(sending, !!reviewed, t)}>
      <div className="narrow">
        {linkWaits && <Alert color="blue" variant="light" mb="md" role="status">{t('payLinkWaits')}</Alert>}
        {sending.at !== 'done' && ( // what was typed stays, whatever comes of it
          <div ref={form} tabIndex={-1} role="group" aria-label={t('send')} hidden={!isForm}><Form me={me} onReview={review} isOpen={sending.at === 'form'} isShown={isForm} problems={problems}>{sending.at === 'form' && fault !== 'offline' && trouble}</Form></div>
        )}
        {sending.at === 'form' && reviewed && <Review reviewed={reviewed} onSend={() => void send(reviewed.input, reviewed.quote, { from: reviewed.from, to: reviewed.to }).finally(forget)} onOther={renew} onGone={(because) => { forget(); restart(because); }} onChange={change} />}
        {sending.at === 'unsent' && <Review unsent isDropped={sending.isDropped} reviewed={looksOf(sending, me)} onSend={() => void send(sending.input, sending.quote)} onOther={({ quote, was }) => requote(quote, was)} onGone={drop} onChange={() => drop()}>{trouble}<Problems problems={sending.because} /></Review>}
        {sending.at === 'sending' && <Stack className="panel" align="center" ta="center" role="status"><AtTop /><Loader /><What {...sending} /></Stack>}
        {sending.at === 'lost' && (
          <Stack className="panel" role="alert">
            <AtTop />
            <What {...sending} />
            <Group wrap="nowrap"><Loader size="sm" /><Text>{t('lostChecks')}</Text></Group>
            <Button onClick={() => void ask(sending.input, sending.quote)}>{t('checkNow')}</Button>
          </Stack>
        )}
        {sending.at === 'code' && (
          <Stack className="panel">
            <AtTop />
            <Sum {...sending.transfer} whom={nameOf(sending.transfer.to)} />
            <CodeForm challenge={sending.challenge} onChallenge={setChallenge} onProof={(proof) => void confirm(proof)} busy={!!sending.busy} problems={problems} onRefused={look}>{trouble}</CodeForm>
            <Button variant="subtle" disabled={sending.busy} onClick={() => void giveUp()}>{t('cancel')}</Button>
          </Stack>
        )}
        {sending.at === 'done' && <Done transfer={sending.transfer} code={sending.code} onAnother={another} />}
      </div>
    </Page>
  );
}

// titleOf names the step.
function titleOf(sending: Sending, isReviewed: boolean, t: TFunction) {
  switch (sending.at) {
    case 'sending': return `${t('sending')}…`;
    case 'lost': return t('lostTitle');
    case 'code': return t('stepConfirm');
    case 'done': return sending.transfer.status === 'PROTECTED' ? t('sentProtected') : sending.transfer.status === 'COMPLETED' ? t('sent') : t(`status_${sending.transfer.status}`);
    case 'unsent': return sending.isDropped ? `${t('dropTitle')}…` : t('notSentTitle');
    default: return t(isReviewed ? 'reviewTitle' : 'send');
  }
}

// What says what is on its way, as it was looked at.
function What({ input, quote }: { input: CreateTransferInput; quote: Quote }) {
  return <Sum {...quote} feePaidBy={input.feePaidBy ?? 'SENDER'} whom={quote.recipient.displayName} />;
}

// looksOf is what was begun before, as it is looked at once more.
const looksOf = ({ input, quote, was }: Extract<Sending, { at: 'unsent' }>, me: string): Reviewed =>
  ({ input, quote, was, from: grouped(input.from), to: Object.values(input.to).find(Boolean) ?? '', ...begunHere(me).named });

// useLinkWaits tells that another payment link was followed before the outcome of what was begun is known.
function useLinkWaits(me: string, isBegun: boolean) {
  const { search, hash } = useLocation();
  const pay = usePay();
  return isBegun && pay !== '' && begunHere(me).address !== search + hash;
}

// useBare takes from the address what asked for a payment that is done: a reload does not ask for it again. What asks for another one stays.
function useBare(asked?: string) {
  const goHere = useGoHere();
  const { search, hash } = useLocation();
  useEffect(() => {
    if (asked && asked === search + hash) goHere('/send', { replace: true, state: { bare: true } });
  }, [asked, search, hash]);
}

// useAfresh begins another payment when whoever looks at one that is done, which was asked for at an address, goes to the screen once more, or follows another payment link.
// Going back and forth changes nothing: what is done stays told.
function useAfresh(done: string | undefined, begin: () => void) {
  const { key, state, search, hash } = useLocation();
  const isPop = useNavigationType() === 'POP';
  const pay = usePay();
  const isBare = !!(state as { bare?: boolean } | null)?.bare;
  const seen = useRef(key);
  useEffect(() => {
    const isNew = key !== seen.current && !isBare && (!isPop || (pay !== '' && search + hash !== done));
    seen.current = key;
    if (done !== undefined && isNew) begin();
  }, [done, isBare, key]);
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
