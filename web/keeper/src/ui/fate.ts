import type { TFunction } from 'i18next';
import type { TransferPartsFragment } from '../gql/graphql';
import { grouped } from '../api/numbers';
import { money, time } from '../text/text';
import { gets } from './amount';

export const nameOf = (party: TransferPartsFragment['from']) => party.displayName || grouped(party.walletNumber);

// fateOf says in a sentence what has become of a transfer, and what comes next; nothing of what is simply done. `code` is the protection's, where it is known here.
export function fateOf(x: TransferPartsFragment, t: TFunction, code?: string): string | undefined {
  const isMine = x.direction !== 'INCOMING';
  const until = x.protection ? time(x.protection.expiresAt) : '';
  const known = { name: nameOf(isMine ? x.to : x.from), amount: money(gets(x)), until, code };
  const context = Number(x.fee.amount) > 0 && x.feePaidBy === 'SENDER' ? 'fee' : undefined; // it comes back as well
  switch (x.status) {
    case 'AWAITING_CONFIRMATION': return x.confirmBy ? t('fateAwaits', { until: time(x.confirmBy) }) : t('fateAwaitsStill');
    case 'EXPIRED': return t('fateExpired');
    case 'CANCELLED': return t(isMine ? 'fateCancelled' : 'fateCancelledIn');
    case 'RETURNED': return `${t(whyReturned(x, isMine), known)} ${t(isMine ? 'fateBack' : 'fateBackIn', { context })}`;
    case 'PROTECTED': {
      const by = x.protection?.kind === 'CODE' ? (isMine && code ? 'fateTellCode' : 'fateCode') : 'fateTime';
      return t(isMine ? by : `${by}In`, { ...known, context });
    }
    default: return undefined;
  }
}

// The API does not tell who sent it back: that the term was over, or the tries, can be seen; else it was not taken, or was taken back.
function whyReturned({ protection, completedAt }: TransferPartsFragment, isMine: boolean) {
  if (protection?.kind === 'CODE' && completedAt && Date.parse(completedAt) >= Date.parse(protection.expiresAt)) return 'fateTermOver';
  if (protection?.attemptsLeft === 0) return 'fateTriesOver';
  if (protection?.kind !== 'CODE') return 'fateNotTaken';
  return isMine ? 'fateNotTakenOrBack' : 'fateNotTakenOrBackIn';
}
