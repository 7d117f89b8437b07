// All screens of the web app, in chapters. A chapter begins with the page of somebody; each of its screens is a way to it, under its name. Where they are `inOrder`
// each goes on from the one before; of the others each is reached by itself.
import { closing, certificates, ofOneself, settled } from './account.mjs';
import { logIn, register, registered } from './entry.mjs';
import { cut, failing, waiting } from './faults.mjs';
import { coming, history, home, rows } from './history.mjs';
import { contacts } from './people.mjs';
import { lostPhone, recovery } from './recovery.mjs';
import { frozen, security, watched } from './security.mjs';
import { send, sendOtherwise } from './send.mjs';
import { refund, transfers } from './transfers.mjs';
import { beginning, empty, wallets } from './wallets.mjs';

export const chapters = [
  logIn, register, registered, recovery, lostPhone, empty, beginning, wallets, send, sendOtherwise, transfers, refund, home, coming, history, rows, contacts, security, watched, frozen,
  ofOneself, certificates, settled, closing, waiting, failing, cut,
];
