import { Anchor, Button, Loader, Text } from '@mantine/core';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, Navigate, useLocation } from 'react-router';
import { forgetBegun } from '../../api/begun';
import { shown } from '../../api/phones';
import { adopt, type Handed, onSession, sessionState } from '../../api/session';
import { useGoHere } from '../../ui/go-here';
import { Narrow, NoAnswer } from '../../ui/narrow';
import { usePayLink } from '../../ui/pay-link';
import { Code, Phone, Profile } from './begin';
import { Done, Password } from './finish';
import { type Place, useRegistration, type Whose } from './flow';
import { useTypedProfile } from './typed';

const PLACES: Place[] = ['phone', 'profile', 'code', 'password', 'done'];

// Register opens an account, step by step. What is typed on the way is kept in memory alone, so that one can go back to it. Whoever turns out to be signed in is led
// to the app, unless it is by the account that was made here.
export default function Register() {
  const { t } = useTranslation();
  const pay = usePayLink();
  const isIn = useSyncExternalStore(onSession, sessionState) === 'in';
  const flow = useRegistration();
  const [phone, setPhone] = useState('');
  const profile = useTypedProfile(flow.registration?.token);
  const [wmid, setWmid] = useState<string>();
  const [entering, setEntering] = useState<'waits' | 'lost' | 'in'>('waits');

  const back = useBackward(flow.asking === 'asked' ? (wmid ? 'done' : flow.place) : undefined, flow.setBack);

  if (isIn && !wmid) return <Navigate to={pay ? `/send${pay}` : '/'} replace />;
  if (flow.asking !== 'asked') {
    return (
      <Narrow title={t('registerTitle')} waits>
        {flow.asking === 'asking' ? <Loader mx="auto" role="status" aria-label={t('register')} /> : <NoAnswer retry={() => void flow.resume()} />}
      </Narrow>
    );
  }
  const { registration } = flow;
  const place: Place = wmid ? 'done' : flow.place;
  if (place === 'known') return <Known phone={registration!.phone} whose={flow.whose} onAnew={() => flow.anew()} />;

  // enter is done when the session is kept, and the registration is forgotten with that: whoever closes the tab before finds the way to log in.
  async function enter(made: string, tokens: Handed) {
    setWmid(made);
    profile.forget();
    await adopt(tokens, () => setEntering('lost')); // the WMID is on the screen meanwhile
    setEntering('in');
  }
  const isKept = place === 'profile' && flow.wasSubmitted && Object.keys(profile.typed).length === 0; // which it says itself
  const title = { phone: t('stepPhone'), profile: t('stepProfile'), code: t('enterCode'), password: t('stepPassword'), done: t('accountOpenTitle') }[place];
  const notMine = flow.past === 'resumed' && place !== 'done' && <Button variant="subtle" onClick={() => { profile.forget(); setPhone(''); flow.anew(); }}>{t('notMine')}</Button>;
  return (
    <Narrow title={title} step={{ name: place, at: PLACES.indexOf(place) + 1, of: PLACES.length }}>
      {flow.past && place !== 'done' && !isKept && <Text size="sm" role="status">{t(flow.past === 'gone' ? 'registrationGone' : place === 'profile' && !flow.wasSubmitted ? 'resumeNumber' : 'resume')}</Text>}
      {!isKept && notMine}
      {place === 'phone' && <Phone phone={phone || registration?.phone || ''} onPhone={setPhone} begun={registration?.phone} onDone={flow.goOn} onLate={flow.know} onBack={() => flow.setBack(undefined)} />}
      {place === 'profile' && registration && (
        <Profile token={registration.token} typed={profile.typed} onTyped={profile.change} wasSubmitted={flow.wasSubmitted} onDone={flow.goOn} onLate={flow.know} onPhone={() => back('phone')} onBack={() => flow.setBack(undefined)} />
      )}
      {place === 'code' && registration?.challenge && <Code registration={registration} onChallenge={flow.challenged} onLate={flow.know} onDone={flow.goOn} onBack={() => back('profile')} />}
      {place === 'password' && registration && <Password token={registration.token} onDone={(made, tokens) => void enter(made, tokens)} onRefused={(led) => flow.goOn(led, true)} onBack={() => back('profile')} />}
      {isKept && notMine}
      {place === 'done' && <Done wmid={wmid!} entering={entering} />}
      {place === 'phone' && <Text>{t('haveAccount')} <Anchor component={Link} to={`/login${pay}`} underline="always">{t('logIn')}</Anchor></Text>}
    </Narrow>
  );
}

// useBackward makes each step one of the browser's history: going back from one leads to the one before it where what was entered can be changed, and from the last
// one to where one was before it all. The returned function goes back to a step.
function useBackward(place: Place | undefined, goBack: (to: 'phone' | 'profile') => void) {
  const { pathname, search, hash, state } = useLocation();
  const goHere = useGoHere();
  const { place: at, behind = [] } = (state as { place?: Place; behind?: Place[] } | null) ?? {}; // the steps that are behind this one, each an entry
  const before = useRef<Place>(undefined);
  useEffect(() => {
    const isOnward = !!before.current && before.current !== 'known' && !!place && (place === 'known' || PLACES.indexOf(place) > PLACES.indexOf(before.current));
    before.current = place;
    if (!place || at === place) return;
    if (at === 'known' && behind.includes(place)) return goHere(behind.lastIndexOf(place) - behind.length);
    if (place === 'done') return behind.length > 0 ? goHere(-behind.length) : undefined;
    goHere({ pathname, search, hash }, { state: { ...(state as object | null), place, behind: isOnward && at ? [...behind, at] : behind }, replace: !isOnward });
  }, [place]);
  useEffect(() => {
    if (!place || place === 'done' || at === place || (place !== 'known' && at && PLACES.indexOf(at) > PLACES.indexOf(place))) return;
    if (at === 'phone' || at === 'profile') goBack(at);
    else if (at === 'code' && behind.length > 0) goHere(-1); // what has been entered there is used up
  }, [at]);
  return (to: 'phone' | 'profile') => {
    const where = behind.lastIndexOf(to);
    if (where >= 0) goHere(where - behind.length);
    else goBack(to);
  };
}

const KNOWN = {
  ours: { title: 'accountOpenTitle', text: 'accountOpen' }, another: { title: 'phoneKnownTitle', text: 'phoneKnown' }, either: { title: 'phoneKnownTitle', text: 'accountThere' },
} as const;

// Known is for a phone that has an account: of somebody's, or of this registration, whose answer was lost.
function Known({ phone, whose, onAnew }: { phone: string; whose: Whose; onAnew: () => void }) {
  const { t } = useTranslation();
  const pay = usePayLink();
  return (
    <Narrow title={t(KNOWN[whose].title)} step={{ name: 'known' }}>
      <Text>{t(KNOWN[whose].text, { phone: shown(phone) })}</Text>
      <Button component={Link} to={`/login${pay}`} state={{ login: phone }} onClick={() => forgetBegun('registration')}>{t('logIn')}</Button>
      <Button variant="subtle" onClick={onAnew}>{t('anotherPhone')}</Button>
    </Narrow>
  );
}
