import { Anchor, Button, Group, Progress, Select, Stack, Text, Title } from '@mantine/core';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { type AccountChallengeFragment, CurrencyLimitsDocument, OwnCurrenciesDocument, PoliciesDocument, SetPolicyDocument } from '../../gql/graphql';
import { money, time } from '../../text/text';
import { of, Problems, useAct } from '../../ui/act';
import { readAmount } from '../../ui/amount';
import { AmountField } from '../../ui/amount-field';
import { SubPage, Told } from '../../ui/form';
import { useLiveQuery } from '../../ui/live-query';
import { CodeForm, Empty, type Proof, resent, Waiting } from '../../ui/parts';
import { useStep } from '../../ui/step';

export default function LimitsPage() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useLiveQuery(OwnCurrenciesDocument, {});
  const [chosen, setChosen] = useState<string | null>(null);
  const currencies = new Map(data?.viewer?.wallets.map((w) => [w.currency.letter, w.currency]));
  const currency = chosen ?? [...currencies.keys()][0];
  return (
    <SubPage title={t('limitsTitle')}>
      {!data ? error ? <Problems error={error} retry={again} /> : <Waiting rows={3} /> : !currency ? (
        <Empty title={t('noWallets')} hint={t('noWalletsHint')} action={<Button component={Link} to="/wallets">{t('openWallet')}</Button>} />
      ) : (
        <>
          <Select label={t('currency')} value={currency} onChange={setChosen} allowDeselect={false} data={[...currencies.values()].map((c) => ({ value: c.letter, label: `${c.letter} · ${c.name} (${c.code})` }))} />
          <Stack className="panel">
            <Text c="dimmed" size="sm">{t('limitsOthers')}</Text>
            <Limits currency={currency} />
            {data.viewer?.certificate.level !== 'PERSONAL' && <Anchor component={Link} to="/settings/certificate" underline="always" className="back">{t('higherLimits')}</Anchor>}
          </Stack>
          <Policy key={currency} currency={currency} code={currencies.get(currency)!.code} />
        </>
      )}
    </SubPage>
  );
}

// Limits shows how much of a day, a week and a month is used.
export function Limits({ currency }: { currency: string }) {
  const { t } = useTranslation();
  const [{ data, error }, again] = useLiveQuery(CurrencyLimitsDocument, { currency });
  const periods = { DAY: t('perDay'), WEEK: t('perWeek'), MONTH: t('perMonth') };
  if (!data?.viewer) return error ? <Problems error={error} retry={again} /> : <Waiting rows={3} />;
  return data.viewer.limits.map((l) => {
    const used = money(l.used);
    const share = l.total && Number(l.total.amount) > 0 ? (100 * Number(l.used.amount)) / Number(l.total.amount) : 0;
    return (
      <div key={l.period} data-testid="limit">
        <Group justify="space-between" gap="xs"><Text fw={600}>{periods[l.period]}</Text><Text>{l.total ? t('ofTotal', { used, total: money(l.total) }) : t('unlimited', { used })}</Text></Group>
        {l.total && <Progress value={share} my={6} aria-label={periods[l.period]} />}
        {l.remaining && <Text size="sm" c="dimmed">{t('leftOf', { amount: money(l.remaining) })}<br />{t('resets', { time: time(l.resetsAt) })}</Text>}
      </div>
    );
  });
}

type Money = Parameters<typeof money>[0];

// padded writes a typed amount with all the places that amounts of its currency have.
const padded = (typed: string, like = '0.00') => `${typed.split('.')[0]}.${(typed.split('.')[1] ?? '').padEnd(like.split('.')[1]?.length ?? 2, '0')}`;

// Policy sets how much goes without a code: lower at once, higher with one.
function Policy({ currency, code }: { currency: string; code: string }) {
  const { t } = useTranslation();
  const [amount, setAmount] = useState('');
  const [wanted, setWanted] = useState('0');
  const [challenge, setChallenge] = useState<AccountChallengeFragment>();
  const [done, setDone] = useState('');
  const policy = useAct(SetPolicyDocument);
  const { back, leave } = useStep(!!challenge, () => { policy.clear(); setChallenge(undefined); });
  const [{ data }, again] = useLiveQuery(PoliciesDocument, {});
  const now = data?.viewer?.confirmationPolicies.find((p) => p.currency.letter === currency)?.withoutCodeUpTo;
  const awaited = useRef(challenge);
  awaited.current = challenge;
  const isSet = (upTo?: Money): upTo is Money => !!upTo && Number(upTo.amount) > 0;

  async function set(withoutCodeUpTo: string, proof?: Proof) {
    setDone('');
    setWanted(withoutCodeUpTo);
    const { payload } = await policy.run({ input: { currency, withoutCodeUpTo, ...proof } });
    if (!payload) return;
    if (payload.challenge) return setChallenge(payload.challenge);
    if (!payload.policy) return;
    again();
    if (proof && !awaited.current) return; // one has gone back, and types another
    await leave();
    setChallenge(undefined);
    const upTo = payload.policy.withoutCodeUpTo;
    setDone(isSet(upTo) ? t('policyIs', { amount: money(upTo) }) : t('policyIsNone'));
    setAmount('');
  }
  return (
    <section className="panel" aria-labelledby="policy">
      <Title order={2} size="h4" id="policy">{t('policyTitle')}</Title>
      <Text c="dimmed" size="sm" mb="sm">{t('policyHint')}</Text>
      {challenge ? (
        <>
          <Text fw={600} mb="xs">{t('policyConfirm', { amount: money({ amount: padded(wanted, now?.amount), currency: { code } }) })}</Text>
          <CodeForm challenge={challenge} onChallenge={(next) => setChallenge(resent(next))} onProof={(proof) => void set(wanted, proof)} busy={policy.busy} problems={policy.problems} error={policy.error} />
          <Button variant="subtle" fullWidth onClick={back}>{t('cancel')}</Button>
        </>
      ) : (
        <form onSubmit={(e) => { e.preventDefault(); const upTo = readAmount(amount); if (upTo) void set(upTo); }}>
          <Stack>
            {done ? <Told key={done}>{done}</Told> : data && <Text data-testid="policy-now" fw={600}>{isSet(now) ? t('policyNow', { amount: money(now) }) : t('policyNowNone')}</Text>}
            <AmountField label={t('policyAmount')} name="withoutCodeUpTo" required value={amount} onChange={setAmount} code={code} problem={of(policy.problems, 'withoutCodeUpTo')} />
            <Problems problems={policy.problems.filter((p) => p.field?.at(-1) !== 'withoutCodeUpTo')} error={policy.error} />
            <Button type="submit" loading={policy.busy}>{t('save')}</Button>
            {isSet(now) && <Button variant="default" loading={policy.busy} onClick={() => void set('0')}>{t('policyZero')}</Button>}
          </Stack>
        </form>
      )}
    </section>
  );
}
