import { isRefundUndecided } from './refunding';
import { isSendUndecided } from './sending';

// isUndecidedHere tells that money may have moved, or move yet, by what this person sent, or sent back, in this tab: it is said before they log out, which forgets it.
export const isUndecidedHere = (me: string) => isSendUndecided(me) || isRefundUndecided(me);
