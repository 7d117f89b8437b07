import type { ReactNode } from 'react';

// The few icons there are, drawn here: a set would cost more than all of them.
const icon = (path: ReactNode) => () => (
  <svg width="22" height="22" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">{path}</svg>
);

export const HomeIcon = icon(<path d="M4 11l8-7 8 7v8a1 1 0 0 1-1 1h-5v-6h-4v6H5a1 1 0 0 1-1-1z" />);
export const WalletIcon = icon(<><rect x="3" y="6" width="18" height="14" rx="3" /><path d="M3 10h18M16 15h2" /></>);
export const SendIcon = icon(<path d="M12 20V5m-6 6l6-6 6 6" />);
export const ReceiveIcon = icon(<><rect x="4" y="4" width="6" height="6" rx="1" /><rect x="14" y="4" width="6" height="6" rx="1" /><rect x="4" y="14" width="6" height="6" rx="1" /><path d="M14 14h2v2m4-2v6h-4" /></>);
export const HistoryIcon = icon(<><circle cx="12" cy="12" r="8" /><path d="M12 8v4l3 2" /></>);
export const ShieldIcon = icon(<path d="M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z" />);
export const PeopleIcon = icon(<><circle cx="9" cy="8" r="3.5" /><path d="M3 20c0-4 3-6 6-6s6 2 6 6m1-15a3.5 3.5 0 0 1 0 6.5M17 14c2.5.6 4 2.6 4 6" /></>);
export const GearIcon = icon(<><circle cx="12" cy="12" r="3" /><path d="M12 3v3m0 12v3m9-9h-3M6 12H3m15.4-6.4l-2.1 2.1M7.7 16.3l-2.1 2.1m12.8 0l-2.1-2.1M7.7 7.7L5.6 5.6" /></>);
export const InIcon = icon(<path d="M17 7L7 17m0-8v8h8" />);
export const OutIcon = icon(<path d="M7 17L17 7m-8 0h8v8" />);
export const SwapIcon = icon(<path d="M7 4L4 7l3 3M4 7h13m0 13l3-3-3-3m3 3H7" />);
export const CopyIcon = icon(<><rect x="9" y="9" width="11" height="11" rx="2" /><path d="M5 15V6a2 2 0 0 1 2-2h8" /></>);
export const OutDoorIcon = icon(<path d="M10 4H5v16h5m5-12l4 4-4 4m4-4H9" />);
export const MoreIcon = icon(<path d="M5 12h.01M12 12h.01M19 12h.01" strokeWidth="3" />);

export const DoneIcon = () => (
  <svg width="56" height="56" viewBox="0 0 56 56" aria-hidden="true"><circle cx="28" cy="28" r="28" fill="currentColor" opacity=".16" /><path d="M17 29l8 8 15-17" fill="none" stroke="currentColor" strokeWidth="4" strokeLinecap="round" strokeLinejoin="round" /></svg>
);
